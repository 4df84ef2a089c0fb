"""What a shop is like: its company, hours, services and preparation, by format."""

import random
from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from cabas.seed.catalogue import read_tree
from cabas.seed.chance import weighted
from cabas.seed.towns import Town

Format = Literal["hyper", "super", "contact", "express"]
Hours = dict[str, list[list[str]]]

WALK = ("ambient", "heavy", "fragile", "chilled", "frozen")
"""The order of a walk: what is hard first, what melts last."""
_FORMATS_BY_PEOPLE: tuple[tuple[int, tuple[tuple[Format, float], ...]], ...] = (
    (100_000, (("hyper", 0.12), ("super", 0.5), ("contact", 0.1), ("express", 0.28))),
    (20_000, (("hyper", 0.14), ("super", 0.68), ("contact", 0.08), ("express", 0.1))),
    (6_000, (("hyper", 0.03), ("super", 0.82), ("contact", 0.15), ("express", 0.0))),
    (0, (("hyper", 0.0), ("super", 0.55), ("contact", 0.45), ("express", 0.0))),
)
_OPEN: dict[Format, tuple[tuple[str, str], ...]] = {
    "hyper": (("08:30", "21:00"), ("08:30", "20:30")),
    "super": (("08:30", "20:00"), ("08:30", "19:30"), ("09:00", "19:30")),
    "contact": (("08:30", "19:30"), ("09:00", "19:00")),
    "express": (("08:00", "21:00"), ("08:00", "22:00")),
}
_SUNDAY: dict[Format, tuple[tuple[str, float], ...]] = {
    "hyper": (("09:00-12:30", 0.6), ("", 0.4)),
    "super": (("09:00-12:30", 0.65), ("", 0.35)),
    "contact": (("09:00-12:30", 0.75), ("", 0.25)),
    "express": (("09:00-13:00", 0.9), ("", 0.1)),
}
_PICKERS: dict[Format, tuple[int, int]] = {
    "hyper": (8, 18),
    "super": (3, 9),
    "contact": (1, 3),
    "express": (1, 2),
}
_LEGAL_FORMS = ("SAS", "SAS", "SARL", "SA")
_COMPANY_WORDS = (
    "Sodivane", "Marchélys", "Distrival", "Les Halles Réunies", "Alimarché", "Vivralis", "Provendis",
    "Solanvie", "Cofraval", "Terroirdis", "Maravale", "Orvadis", "Sélivane", "Brenodis",
)  # fmt: skip
_PHONE_RANGES = {"01": "019900", "02": "026191", "03": "035301", "04": "046571", "05": "053649"}
"""Ranges that the numbering plan keeps for fiction: four digits follow."""
_PHONE_REGIONS = {
    "01": "75 77 78 91 92 93 94 95",
    "02": "14 18 22 27 28 29 35 36 37 41 44 45 49 50 53 56 61 72 76 85",
    "03": "02 08 10 21 25 39 51 52 54 55 57 58 59 60 62 67 68 70 71 80 88 89 90",
    "05": "09 12 16 17 19 23 24 31 32 33 40 46 47 64 65 79 81 82 86 87",
}


class Shop(msgspec.Struct, frozen=True, kw_only=True):
    store_id: int
    slug: str
    name: str
    format: Format | Literal["national"]
    street: str
    postcode: str
    city: str
    department: str
    department_code: str
    region: str
    latitude: float
    longitude: float
    phone: str
    email: str
    legal_entity: dict[str, str]
    opening_hours: Hours
    services: list[str]
    has_drive: bool
    delivers: bool
    drive_minimum_cents: int
    preparation: dict[str, Any]
    search_name: str


def format_of(draw: random.Random, town: Town) -> Format:
    for people, choices in _FORMATS_BY_PEOPLE:
        if town.population >= people:
            return weighted(draw, choices)  # type: ignore[return-value] # the choices are formats
    raise AssertionError("the last row is for any town")


def legal_entity(draw: random.Random, town: Town) -> dict[str, str]:
    """The seller: an independent shopkeeper's company. Registered numbers begin with 000: none is real."""
    form = draw.choice(_LEGAL_FORMS)
    return {
        "name": f"{draw.choice(_COMPANY_WORDS)} {town.name} {form}",
        "registration": f"RCS {town.name} 000 {draw.randrange(100, 1000)} {draw.randrange(100, 1000)}",
        "address": f"{draw.randrange(1, 90)} rue des Commerçants, {town.postcode} {town.name}",
        "capital": f"{draw.choice((37, 40, 50, 80, 120, 150))}\u00a0000\u00a0€",
    }


def hours_of(draw: random.Random, format_: Format) -> Hours:
    """Per ISO weekday, spans of the Paris wall clock."""
    opens, closes = draw.choice(_OPEN[format_])
    midday = format_ == "contact" and draw.random() < 0.35
    day = [[opens, "12:30"], ["14:30", closes]] if midday else [[opens, closes]]
    sunday = weighted(draw, _SUNDAY[format_])
    hours = {str(weekday): day for weekday in range(1, 7)}
    return {**hours, "7": [sunday.split("-")] if sunday else []}


def services_of(draw: random.Random, format_: Format, *, has_drive: bool, delivers: bool) -> list[str]:
    chances = {
        "pieton": 0.85 if format_ == "express" else 0.25,
        "surgeles": 1.0 if has_drive else 0.0,
        "pesee": 0.9 if has_drive else 0.0,
        "pmr": 0.92,
        "recharge": {"hyper": 0.9, "super": 0.5, "contact": 0.1, "express": 0.0}[format_],
        "station": {"hyper": 0.8, "super": 0.6, "contact": 0.2, "express": 0.0}[format_],
        "consigne": 0.3,
        "relais": 0.4,
    }
    first = (["drive"] if has_drive else []) + (["livraison"] if delivers else [])
    return first + [service for service, chance in chances.items() if draw.random() < chance]


def phone_of(department_code: str, number: int) -> str:
    """``02 61 91 00 37``: a reserved range of the shop's region, its own number."""
    region = next((area for area, codes in _PHONE_REGIONS.items() if department_code in codes.split()), "04")
    digits = f"{_PHONE_RANGES[region]}{number:04d}"
    return " ".join(digits[place : place + 2] for place in range(0, 10, 2))


def preparation_of(draw: random.Random, format_: Format, *, has_drive: bool) -> dict[str, Any]:
    """``aisle_order``: the aisles (first-level categories) in the order of the shop's walk."""
    if not has_drive:
        return {}
    least, most = _PICKERS[format_]
    return {
        "pickers": draw.randint(least, most),
        "lines_per_picker_hour": draw.randint(88, 142),
        "aisle_order": aisle_order(draw, read_tree().walks),
    }


def aisle_order(draw: random.Random, walks: dict[int, str]) -> list[int]:
    """Each shop has its own order within each part of the walk."""
    order: list[int] = []
    for part in WALK:
        members = [aisle for aisle, walk in walks.items() if walk == part]
        draw.shuffle(members)
        order += members
    return order


def national(like: Sequence[Shop]) -> Shop:
    """Store 0: the national catalogue. It has head office's address and sells nothing."""
    tours = next(shop for shop in like if shop.city == "Tours")
    return Shop(
        store_id=0,
        slug="catalogue-national",
        name="Catalogue national",
        format="national",
        street="12 quai des Halles",
        postcode="37000",
        city="Tours",
        department=tours.department,
        department_code="37",
        region=tours.region,
        latitude=47.3941,
        longitude=0.6848,
        phone=phone_of("37", 0),
        email="contact@example.fr",
        legal_entity={
            "name": "Cabas Distribution SA",
            "registration": "RCS Tours 000 000 137",
            "address": "12 quai des Halles, 37000 Tours",
            "capital": "1\u00a0000\u00a0000\u00a0€",
        },
        opening_hours={str(weekday): [] for weekday in range(1, 8)},
        services=[],
        has_drive=False,
        delivers=False,
        drive_minimum_cents=0,
        preparation={},
        search_name="",
    )
