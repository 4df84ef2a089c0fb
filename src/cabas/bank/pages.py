"""
The bank's own pages, in French: where a shopper types their card, and where they confirm it (3-D Secure).

A card's number is read here and nowhere else, and is not kept.
"""

import html
import time
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from cabas.bank.behaviour import Behaviour
from cabas.bank.cards import CardError, Verdict, check_card, verdict_of
from cabas.bank.store import AUTHORISED, CANCELLED, CONFIRMING, DECLINED, WAITING, BankError, Row, Store

CONFIRMATION_CODE = "123456"
TRIES_MAX = 3
BODY_BYTES_MAX = 4_096
_PROBLEMS = {
    "number": "Ce numéro de carte n’est pas valide.",
    "expiry": "Cette date d’expiration n’est pas valide : écrivez MM/AA.",
    "code": "Le code de sécurité a trois chiffres.",
    "confirmation": "Ce code n’est pas le bon.",
}
_STYLE = """
:root{color-scheme:light dark;font:1.0625rem/1.5 system-ui,sans-serif}body{max-width:30rem;margin:0 auto;padding:1.5rem}
label{display:block;margin-top:1rem;font-weight:600}input{font:inherit;width:100%;box-sizing:border-box;padding:.6rem;
border:1px solid #767676;border-radius:.4rem}button{font:inherit;margin-top:1.25rem;padding:.7rem 1.2rem;border:0;
border-radius:.4rem;background:#14532d;color:#fff;width:100%}
button.plain{background:none;color:inherit;border:1px solid #767676}
.amount{font-size:1.75rem;font-weight:700;margin:.25rem 0}
.note{border:1px solid #767676;border-radius:.4rem;padding:.75rem}
.problem{border-left:.3rem solid #b91c1c;padding:.5rem .75rem}.row{display:grid;grid-template-columns:1fr 1fr;gap:1rem}
"""


def routes(store: Store, behaviour: Behaviour) -> list[web.RouteDef]:
    face = _Pages(store, behaviour)
    return [
        web.get("/pay/{id}", face.guarded(face.card)),
        web.post("/pay/{id}", face.guarded(face.typed)),
        web.get("/pay/{id}/confirmation", face.guarded(face.confirmation)),
        web.post("/pay/{id}/confirmation", face.guarded(face.confirmed)),
        web.post("/pay/{id}/cancel", face.guarded(face.cancelled)),
    ]


class _Pages:
    def __init__(self, store: Store, behaviour: Behaviour) -> None:
        self._store, self._behaviour = store, behaviour
        self._tries: dict[str, int] = {}

    def guarded(self, handler: Any) -> Any:
        async def answer(request: web.Request) -> web.Response:
            fields = await request.post() if request.method == "POST" else {}
            try:
                row = self._store.payment(request.match_info["id"])
            except BankError:
                return _page("Paiement inconnu", "<p>Ce lien ne mène à aucun paiement.</p>", status=404)
            if row["STATE"] in (WAITING, CONFIRMING) and time.time() >= row["EXPIRES_AT"]:
                row = self._store.move(row, CANCELLED, PROBLEM="expired")
            if row["STATE"] not in (WAITING, CONFIRMING):
                return _ended(row)
            response: web.Response = handler(row, {name: str(value) for name, value in fields.items()})
            return response

        return answer

    def card(self, row: Row, fields: dict[str, str], problem: str = "") -> web.Response:
        said = f'<p class="problem" role="alert">{_PROBLEMS[problem]}</p>' if problem else ""
        body = f"""
<p>{html.escape(row["TITLE"])}</p>
<p class="amount">{_euros(row["CENTS"])} au plus</p>
<p class="note">Rien n’est débité maintenant : votre banque réserve ce montant. Vous payez ce qui a été préparé,
jamais plus ; le reste est libéré.</p>
{said}
<form method="post" action="/pay/{row["ID"]}" autocomplete="on">
<label for="number">Numéro de carte</label>
<input id="number" name="number" inputmode="numeric" autocomplete="cc-number" maxlength="23" required>
<div class="row"><div><label for="expiry">Expire fin (MM/AA)</label>
<input id="expiry" name="expiry" autocomplete="cc-exp" maxlength="7" required></div>
<div><label for="code">Code de sécurité</label>
<input id="code" name="code" inputmode="numeric" autocomplete="cc-csc" maxlength="3" required></div></div>
<button>Autoriser {_euros(row["CENTS"])} au plus</button></form>
{_leave(row)}
<p class="note">Banque de démonstration : 4242 4242 4242 4242 est acceptée, 4000 0000 0000 3220 demande une
confirmation, 4000 0000 0000 0002 est refusée ; date à venir et code quelconques.</p>"""
        return _page("Autoriser le paiement", body, back=row["BACK"], status=422 if problem else 200)

    def typed(self, row: Row, fields: dict[str, str]) -> web.Response:
        try:
            number = check_card(fields.get("number", ""), fields.get("expiry", ""), fields.get("code", ""))
        except CardError as wrong:
            return self.card(row, {}, problem=wrong.field)
        match Verdict.DECLINED if self._behaviour.decline else verdict_of(number):
            case Verdict.ACCEPTED:
                moved = self._store.move(row, AUTHORISED, HELD=row["CENTS"], LAST4=number[-4:])
            case Verdict.CONFIRMED:
                self._store.move(row, CONFIRMING, LAST4=number[-4:])
                return _to(f"/pay/{row['ID']}/confirmation")
            case _:
                moved = self._store.move(row, DECLINED, PROBLEM="declined", LAST4=number[-4:])
        return _to(moved["BACK"])

    def confirmation(self, row: Row, fields: dict[str, str], problem: str = "") -> web.Response:
        if row["STATE"] != CONFIRMING:
            return _to(f"/pay/{row['ID']}")
        said = f'<p class="problem" role="alert">{_PROBLEMS[problem]}</p>' if problem else ""
        body = f"""
<p>{html.escape(row["TITLE"])}, {_euros(row["CENTS"])} au plus, carte finissant par {html.escape(row["LAST4"])}.</p>
<p>Votre banque vous a envoyé un code. Ici, de démonstration, c’est {CONFIRMATION_CODE}.</p>{said}
<form method="post" action="/pay/{row["ID"]}/confirmation"><label for="confirmation">Code reçu</label>
<input id="confirmation" name="confirmation" inputmode="numeric" autocomplete="one-time-code" maxlength="6" required>
<button>Confirmer</button></form>
{_leave(row)}"""
        return _page("Confirmer avec votre banque", body, back=row["BACK"], status=422 if problem else 200)

    def confirmed(self, row: Row, fields: dict[str, str]) -> web.Response:
        if row["STATE"] != CONFIRMING:
            return _to(f"/pay/{row['ID']}")
        if fields.get("confirmation", "").strip() == CONFIRMATION_CODE:
            return _to(self._store.move(row, AUTHORISED, HELD=row["CENTS"])["BACK"])
        tries = self._tries[row["ID"]] = self._tries.get(row["ID"], 0) + 1
        if tries < TRIES_MAX:
            return self.confirmation(row, {}, problem="confirmation")
        return _to(self._store.move(row, DECLINED, PROBLEM="confirmation_failed")["BACK"])

    def cancelled(self, row: Row, fields: dict[str, str]) -> web.Response:
        return _to(self._store.move(row, CANCELLED, PROBLEM="cancelled")["BACK"])


def _leave(row: Row) -> str:
    return (
        f'<form method="post" action="/pay/{row["ID"]}/cancel">'
        '<button class="plain">Annuler et revenir au magasin</button></form>'
    )


def _ended(row: Row) -> web.Response:
    words = "Votre paiement est autorisé." if row["HELD"] else "Ce paiement n’est plus possible."
    link = f'<p><a href="{html.escape(row["BACK"])}">Revenir au magasin</a></p>'
    return _page("Paiement", f"<p>{words}</p>{link}", back=row["BACK"])


def _page(title: str, body: str, *, back: str = "", status: int = 200) -> web.Response:
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(back)) if back else ""
    page = (
        f'<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>{title} – Banque de démonstration</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>'
        f"<body><main><h1>{title}</h1>{body}</main></body></html>"
    )
    policy = (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none';"
        f" form-action 'self' {origin}"
    )
    headers = {
        "content-security-policy": policy,
        "referrer-policy": "no-referrer",
        "cache-control": "no-store",
    }
    return web.Response(text=page, status=status, content_type="text/html", headers=headers)


def _to(address: str) -> web.Response:
    return web.Response(status=303, headers={"location": address, "cache-control": "no-store"})


def _euros(cents: int) -> str:
    return f"{cents // 100},{cents % 100:02d} €"
