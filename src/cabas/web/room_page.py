"""
The waiting room's page: the same template as a static file that the edge serves with everything else dead,
and as the answer to who comes in, with the position in it for browsers without scripts.
"""

from urllib.parse import quote

from cabas.domain.waiting_room.line import ROUNDED_UP_BELOW, Estimate
from cabas.kit.html import Renderer
from cabas.kit.messages import Catalogue

REFRESH_SECONDS = 20


def room_page(
    renderer: Renderer,
    t: Catalogue,
    *,
    estimate: Estimate | None = None,
    draw_at: str | None = None,
    target: str = "/creneaux",
    refresh_seconds: int = REFRESH_SECONDS,
) -> str:
    """:param draw_at: the hour of a draw that has not been yet, as the reader says it."""
    return renderer.render(
        "ui/room.html",
        t=t,
        lang=t.language,
        other="en" if t.language == "fr" else "fr",
        entrance=f"/salle/entree?vers={quote(target, safe='/')}",
        refresh_seconds=refresh_seconds,
        status=_status(t, estimate, draw_at),
        words={
            "before": t("room.before", time="{time}"),
            "ahead": t("room.ahead", n="{n}"),
            "few": t("room.few"),
            "range": t("room.range", low="{low}", high="{high}"),
            "under": t("room.under", high="{high}"),
            "soon": t("room.soon"),
            "open": t("room.your_turn"),
            "away": t("room.away"),
            "title": t("room.title_ahead", n="{n}"),
        },
    )


def _status(t: Catalogue, estimate: Estimate | None, draw_at: str | None) -> str:
    if draw_at is not None:
        return t("room.before", time=draw_at)
    if estimate is None:
        return t("room.finding")
    few = estimate.ahead <= ROUNDED_UP_BELOW
    ahead = t("room.few") if few else t("room.ahead", n=str(estimate.ahead))
    if estimate.minutes_low is None or estimate.minutes_high is None:
        return ahead
    if estimate.minutes_high <= 1:
        return f"{ahead} {t('room.soon')}"
    if estimate.minutes_low == 0:
        return f"{ahead} {t('room.under', high=str(estimate.minutes_high))}"
    return f"{ahead} {t('room.range', low=str(estimate.minutes_low), high=str(estimate.minutes_high))}"
