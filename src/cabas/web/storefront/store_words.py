"""A store in words: hours, services, fees, the next slot."""

from datetime import date, datetime, timedelta
from typing import Any

from babel.dates import format_date
from babel.numbers import format_decimal

from cabas.domain.slots.model import Slot
from cabas.domain.stores.model import Store, StoreSummary
from cabas.kit.clock import PARIS, paris_day
from cabas.kit.messages import Catalogue
from cabas.kit.money import format_cents
from cabas.web.dates import clock_time, short_slot

SERVICES = (
    "drive",
    "pieton",
    "livraison",
    "surgeles",
    "pesee",
    "pmr",
    "recharge",
    "station",
    "consigne",
    "relais",
)
ICONS = {"drive": "car", "pieton": "walk", "livraison": "truck", "surgeles": "snow", "pesee": "weight"}
CLOSURES_SHOWN = 6


def services(store: StoreSummary, t: Catalogue) -> list[dict[str, str]]:
    """``[{label, icon}]``, how one gets the shopping first."""
    known = [one for one in SERVICES if one in store.services]
    return [{"label": t(f"stores.service_{one}"), "icon": ICONS.get(one, "check")} for one in known]


def distance(kilometres: float, language: str) -> str:
    """``3,4 km``; metres aren't told: a postcode's centre isn't that exact."""
    pattern = "0.0" if kilometres < 10 else "0"
    return f"{format_decimal(kilometres, format=pattern, locale=language)}\u00a0km"


def open_now(store: Store, now: datetime, t: Catalogue) -> dict[str, Any]:
    """``{open, text}``: "Ouvert, ferme à 20 h" or "Fermé, ouvre mercredi à 8 h 30"."""
    closes = store.open_until(now)
    if closes is not None:
        return {"open": True, "text": t("stores.open_until", time=clock_time(closes, t.language))}
    opens = store.opens_next(now)
    if opens is None:
        return {"open": False, "text": t("stores.closed")}
    time, today = clock_time(opens, t.language), paris_day(now)
    if paris_day(opens) == today:
        return {"open": False, "text": t("stores.opens_today", time=time)}
    if paris_day(opens) == today + timedelta(days=1):
        return {"open": False, "text": t("stores.opens_tomorrow", time=time)}
    day = format_date(paris_day(opens), "EEEE", locale=t.language)
    return {"open": False, "text": t("stores.opens_on", day=day, time=time)}


def next_slot(slot: Slot | None, now: datetime, t: Catalogue) -> str:
    return (
        t("stores.next_slot", when=short_slot(slot.starts_at, now, t.language))
        if slot
        else t("stores.no_slot")
    )


def fee(store: StoreSummary, t: Catalogue) -> str:
    """What collecting costs, and from which basket."""
    cost = format_cents(store.drive_fee_cents, t.language) if store.drive_fee_cents else t("stores.free")
    if not store.drive_minimum_cents:
        return t("stores.drive_fee", fee=cost)
    return t("stores.drive_fee_from", fee=cost, minimum=format_cents(store.drive_minimum_cents, t.language))


def week(store: Store, now: datetime, t: Catalogue) -> list[dict[str, Any]]:
    """``[{day, hours, today}]``, from Monday."""
    today = now.astimezone(PARIS).date()
    monday = today - timedelta(days=today.weekday())
    return [
        {
            "day": format_date(monday + timedelta(days=number), "EEEE", locale=t.language).capitalize(),
            "hours": _hours(store, str(number + 1), t),
            "today": number == today.weekday(),
        }
        for number in range(7)
    ]


def closures(store: Store, t: Catalogue) -> list[dict[str, str]]:
    """The coming days on which it stays closed."""
    coming = sorted(store.closures.items())[:CLOSURES_SHOWN]
    return [{"day": long_date(day, t.language), "reason": reason} for day, reason in coming]


def long_date(day: date, language: str) -> str:
    return str(format_date(day, "EEEE d MMMM", locale=language))


def _hours(store: Store, weekday: str, t: Catalogue) -> str:
    spans = store.opening_hours.get(weekday, ())
    if not spans:
        return t("stores.closed")
    return ", ".join(
        t("stores.hours_span", start=_clock(start, t.language), end=_clock(end, t.language))
        for start, end in spans
    )


def _clock(text: str, language: str) -> str:
    """ "08:30" → "8 h 30"; other languages keep it."""
    if language != "fr":
        return text
    hour, _, minute = text.partition(":")
    return f"{int(hour)}\u00a0h\u00a0{minute}" if minute != "00" else f"{int(hour)}\u00a0h"
