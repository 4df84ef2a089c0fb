"""Slots in words: a label that says all, bands instead of counts that age, and what stands in the way."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from babel.dates import format_date

from cabas.domain.slots.model import Band, Channel, Hold, Slot, SlotState
from cabas.kit.clock import paris_day
from cabas.kit.messages import Catalogue
from cabas.kit.money import format_cents
from cabas.web import dates
from cabas.web.request import ShopRequest


def when_label(slot: Slot, language: str) -> str:
    """``mercredi 25 novembre, 18 h à 18 h 30``."""
    return f"{dates.long_day(slot.starts_at, language)}, {dates.span(slot.starts_at, slot.ends_at, language)}"


def fee_words(cents: int | None, t: Catalogue) -> str:
    """None: it depends on where to deliver, which isn't known yet."""
    if cents is None:
        return t("slots.fee_by_address")
    return format_cents(cents, t.language) if cents else t("slots.free")


def left_words(slot: Slot, t: Catalogue) -> str:
    """An exact count only when few are left."""
    match slot.band:
        case Band.LAST:
            return t("slots.last")
        case Band.FEW:
            return t("slots.few", n=slot.left)
        case _:
            return ""


def slot_views(
    slots: Sequence[Slot], *, own_fee_cents: int | None, held: int | None, now: datetime, t: Catalogue
) -> list[dict[str, Any]]:
    """For the macro `slot_list`. ``own_fee_cents``: the store's or the area's, beside the slot's."""
    cheapest = min((slot.fee_cents for slot in slots if slot.state(now) is SlotState.OPEN), default=0)
    dearest = max((slot.fee_cents for slot in slots), default=0)
    views = []
    for slot in slots:
        mine = slot.slot_id == held
        state = SlotState.OPEN if mine else slot.state(now)
        cents = None if own_fee_cents is None else slot.fee_cents + own_fee_cents
        fee = fee_words(cents, t)
        left = "" if mine else left_words(slot, t)
        badges = [t("slots.yours")] if mine else []
        if not mine and dearest > cheapest and slot.fee_cents == cheapest:
            badges.append(t("slots.cheapest"))
        views.append(
            {
                "id": str(slot.slot_id),
                "time": dates.span(slot.starts_at, slot.ends_at, t.language),
                "label": ", ".join(filter(None, (when_label(slot, t.language), fee, left, *badges))),
                "fee": fee,
                "free": cents == 0,
                "left": left,
                "state": state.value,
                "state_label": state_words(slot, state, t),
                "badges": badges,
                "selected": mine,
            }
        )
    return views


def state_words(slot: Slot, state: SlotState, t: Catalogue) -> str:
    match state:
        case SlotState.FULL:
            return t("slots.full")
        case SlotState.NOT_YET:
            return t("slots.opens", when=opening_words(slot.opens_at, t))
        case SlotState.CLOSED:
            return t("slots.closed")
        case _:
            return ""


def opening_words(opens_at: datetime, t: Catalogue) -> str:
    """Midnight is said by the night it ends: ``dans la nuit du mardi 24 au mercredi 25 novembre, à minuit``."""
    day = paris_day(opens_at)
    return t(
        "slots.at_midnight",
        before=_weekday(day - timedelta(days=1), t.language),
        after=dates.long_day(opens_at, t.language),
    )


def near_views(slots: Sequence[Slot], *, own_fee_cents: int | None, t: Catalogue) -> list[dict[str, str]]:
    """One-tap buttons."""
    return [
        {
            "id": str(slot.slot_id),
            "label": when_label(slot, t.language),
            "fee": fee_words(None if own_fee_cents is None else slot.fee_cents + own_fee_cents, t),
            "left": left_words(slot, t),
        }
        for slot in slots
    ]


def hold_view(request: ShopRequest, hold: Hold, slot: Slot) -> dict[str, Any]:
    """For the macro `hold`. Holds are not renewed, so there is nothing to extend."""
    language = request.language
    left = hold.expires_at - request.now
    return {
        "slot": str(slot.slot_id),
        "label": when_label(slot, language),
        "until": dates.clock_time(hold.expires_at, language),
        "expires_at": hold.expires_at.isoformat(),
        "server_now": request.now.isoformat(),
        "minutes_left": max(0, int(left / timedelta(minutes=1))),
        "change_href": f"/creneaux?mode={MODES[slot.channel]}&jour={paris_day(slot.starts_at)}&autour={slot.slot_id}",
        "extend_to": "",
    }


MODES = {Channel.DRIVE: "drive", Channel.DELIVERY: "livraison"}


def day_name(day: date, language: str) -> str:
    return str(format_date(day, "EEE", locale=language))


def day_number(day: date, language: str) -> str:
    return str(format_date(day, "d MMM", locale=language))


def day_label(day: date, language: str) -> str:
    return str(format_date(day, "EEEE d MMMM", locale=language))


def _weekday(day: date, language: str) -> str:
    return str(format_date(day, "EEEE d", locale=language))
