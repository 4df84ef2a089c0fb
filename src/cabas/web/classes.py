"""
What is more important than what: every request's class, from P0 (never shed while anything else is) to P5.

By method and path; a cookie or token only makes a difference for an order, which nobody can place without one.
"""

from functools import lru_cache
from typing import Final

from cabas.kit.overload import Class

CLASSES: Final = (
    # An order that was sent, and what follows it, wait their turn in order of arrival: shedding them would only
    # bring them back, and a refusal costs a fifth of an order.
    Class(
        name="P0",
        share=1.0,
        reserved=0.25,
        target_seconds=1.0,
        queue_max=4000,
        patience_seconds=25.0,
    ),
    Class(
        name="P1",
        share=0.9,
        reserved=0.15,
        target_seconds=0.5,
        queue_max=4000,
        patience_seconds=12.0,
    ),
    Class(name="P2", share=0.85, reserved=0.1, target_seconds=0.5, queue_max=100, patience_seconds=0.5),
    Class(name="P3", share=0.8, reserved=0.15, target_seconds=0.25, queue_max=100),
    Class(name="P4", share=0.5, target_seconds=0.25, queue_max=20),
    Class(name="P5", share=0.3, target_seconds=2.0, queue_max=10),
)
"""Docs and figures: docs/algorithms/limiter.md."""

P0, P1, P2, P3, P4, P5 = range(6)
FREE: Final = -1
"""Not limited: it costs no database, or holds none while it waits."""

DEADLINE_SECONDS: Final = (30.0, 15.0, 4.0, 1.6, 1.0, 30.0)
"""How long a request of the class may take at most, queue included."""

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})

_FREE_PATHS = frozenset(
    {"/healthz", "/readyz", "/metrics", "/sw.js", "/robots.txt", "/hors-ligne", "/preparation/sw.js"}
)
_FREE_FIRST = frozenset({"static", "salle"})
_CHECKOUT_FIRST = frozenset({"commande", "commandes", "creneaux", "livraison", "minuit", "console"})
ORDER_POSTS = frozenset({"/commande", "/minuit/commande", "/minuit/voeux", "/api/v1/orders"})
_SIGN_IN = ("/compte/connexion", "/compte/inscription")
_BRIDGE_WAITS = frozenset({"bridge/work", "bridge/order-statuses"})
_EXTRAS = frozenset({"/suggestions"})
_EXPORTS = frozenset({"/compte/donnees/export", "/sitemap.xml", "/api/openapi.json"})
HOLDS = frozenset({"/panier/creneau", "/panier/creneau/liberation"})


@lru_cache(maxsize=4096)
def class_of(method: str, path: str) -> int:
    """The index in `CLASSES`, or `FREE`."""
    first = path.split("/", 2)[1] if path.startswith("/") else ""
    if path in _FREE_PATHS or first in _FREE_FIRST or path == "/preparation/flux":
        return FREE
    if path in _EXPORTS:
        return P5
    if path in _EXTRAS:
        return P4
    if first == "preparation":
        return P0
    if first == "api":
        return _api(method, path)
    if method not in SAFE:
        return _write(path, first)
    if first == "commandes" and path.endswith("/paiement"):
        return FREE  # waits for the bank, without a connection: its slowness is not ours
    if first == "commandes" and path.endswith(
        "/etat"
    ):  # asked for every few seconds: the last known one will do for once
        return P3
    return P1 if first in _CHECKOUT_FIRST else P3


def is_basket_write(method: str, path: str) -> bool:
    """A change of the basket, which the browser keeps and sends again."""
    return method not in SAFE and (path.startswith("/panier/lignes") or path.startswith("/api/v1/carts/"))


def is_for_staff(path: str) -> bool:
    """The stores' work and head office's: not part of the shop that becomes read-only."""
    return path.startswith(("/console", "/preparation", "/api/v1/store/", "/api/v1/bridge/"))


def _write(path: str, first: str) -> int:
    if path in ORDER_POSTS:
        return P0
    if first in _CHECKOUT_FIRST or path in HOLDS:
        return P1
    return P2


def _api(method: str, path: str) -> int:
    rest = path.removeprefix("/api/v1/")
    if rest.startswith("store/"):
        # A pull may wait for news, up to 25 s, and holds no connection meanwhile.
        return FREE if method in SAFE else P0
    if rest.startswith("bridge/"):
        # Those that wait hold no connection meanwhile; a part of a feed may take its time.
        return P5 if rest == "bridge/feed-parts" else FREE if rest in _BRIDGE_WAITS else P1
    if rest == "orders" and method == "POST":
        return P0
    if rest == "payments/words":
        return P2
    if rest.startswith("orders") or rest.endswith("/slot-hold"):
        return P1
    if rest.startswith("carts"):
        return P2
    return P3
