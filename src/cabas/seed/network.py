"""
The network: 1,832 invented shops in real towns, each run by an invented independent company.

Shops go where people are; their numbers, names and all their traits depend on the seed alone. The
demo keeps some of the very same shops.
"""

import random
from collections import Counter
from collections.abc import Sequence

import msgspec

from cabas.kit.text import search_key
from cabas.seed.chance import stream
from cabas.seed.shops import (
    Format,
    Shop,
    format_of,
    hours_of,
    legal_entity,
    phone_of,
    preparation_of,
    services_of,
)
from cabas.seed.towns import Town, kilometres, towns
from cabas.seed.writing import slug

STORES = 1832
DRIVES = 1437
DELIVERING_SHARE = 0.4
POPULATION_EXPONENT = 0.62
POPULATION_MIN = 1500
QUARTERS = (
    "Nord", "Sud", "Centre", "Est", "Ouest", "Bellevue", "Les Halles", "Gare", "La Plaine", "Beauregard",
    "Les Fontaines", "Le Moulin", "Belle-Île", "Montplaisir", "Les Tilleuls", "Grand-Pré", "La Croix-Verte",
    "Les Rives", "Saint-Martin", "Les Peupliers",
)  # fmt: skip
FORCED = {"Tours": 4, "Joué-lès-Tours": 1, "Saint-Cyr-sur-Loire": 1, "Chambray-lès-Tours": 1}
"""Towns that have at least so many shops, whatever the draw: the demo is told around Tours."""
DEMO_ANCHORS = (
    ("Tours", 5), ("Paris 11e", 4), ("Lyon 3e", 4), ("Marseille 8e", 2), ("Toulouse", 2), ("Lille", 2),
    ("Bordeaux", 2), ("Nantes", 2), ("Strasbourg", 1), ("Nice", 1), ("Rennes", 1), ("Montpellier", 1),
    ("Grenoble", 1), ("Rouen", 1), ("Dijon", 1), ("Angers", 1), ("Clermont-Ferrand", 1), ("Brest", 1),
    ("Saint-Étienne", 1), ("Reims", 1), ("Orléans", 1), ("Metz", 1), ("Limoges", 1), ("Ajaccio", 1),
    ("Pau", 1),
)  # fmt: skip
SHOWCASE_SLUG = "tours-nord"
"""The shop of the demo's people: always there, with a drive, and it delivers."""
SPREAD_DEGREES = 0.02


class _Site(msgspec.Struct, frozen=True):
    town: Town
    quarter: str
    postcode: str
    latitude: float
    longitude: float


def network(*, seed: int) -> list[Shop]:
    """All shops by postcode, ``store_id`` 1 … 1832; exactly `DRIVES` of them have a drive."""
    sites = _sites(seed)
    formats = [
        format_of(stream(seed, "format", site.town.postcode, site.quarter), site.town) for site in sites
    ]
    driven = _with_drive(sites, formats, seed)
    namesakes = Counter(_base_slug(site) for site in sites)
    return [
        _shop(number, site, formats[place], namesakes, seed, has_drive=place in driven)
        for place, (number, site) in enumerate(enumerate(sites, start=1))
    ]


def demo_shops(shops: Sequence[Shop]) -> list[Shop]:
    """The nearest drives around the anchors, forty in all, by number."""
    by_name = {town.name: town for town in towns()}
    kept: dict[int, Shop] = {}
    for name, count in DEMO_ANCHORS:
        town = by_name[name]
        free = [shop for shop in shops if shop.has_drive and shop.store_id not in kept]
        free.sort(
            key=lambda shop: (
                shop.slug != SHOWCASE_SLUG,
                kilometres(town.latitude, town.longitude, shop.latitude, shop.longitude),
                shop.store_id,
            )
        )
        kept |= {shop.store_id: shop for shop in free[:count]}
    return [kept[store_id] for store_id in sorted(kept)]


def _sites(seed: int) -> list[_Site]:
    """Which towns have shops and in which quarters; sorted by postcode and quarter."""
    postcodes: dict[tuple[str, str], list[str]] = {}
    for town in towns():
        postcodes.setdefault((town.department_code, town.name), []).append(town.postcode)
    sites = []
    for town, count in _counts(seed):
        draw = stream(seed, "site", town.postcode)
        own = postcodes[town.department_code, town.name]
        for place in range(count):
            quarter = QUARTERS[place % len(QUARTERS)] if count > 1 else ""
            sites.append(_site(draw, town, quarter, own[(place + 1) % len(own)]))
    return sites


def _site(draw: random.Random, town: Town, quarter: str, postcode: str) -> _Site:
    spread = SPREAD_DEGREES if town.population > 20_000 else SPREAD_DEGREES / 2
    north = {"Nord": 1, "Sud": -1}.get(quarter, draw.uniform(-1, 1))
    east = {"Est": 1, "Ouest": -1}.get(quarter, draw.uniform(-1, 1))
    latitude = round(town.latitude + spread * north, 5)
    longitude = round(town.longitude + spread * 1.4 * east, 5)
    return _Site(town, quarter, postcode, latitude, longitude)


def _counts(seed: int) -> list[tuple[Town, int]]:
    """Systematic sampling on people^0.62, with the forced towns and one shop at least in each department."""
    communes = _communes()
    weights = [town.population**POPULATION_EXPONENT for town in communes]
    fixed = _fixed(communes)
    free = STORES - sum(fixed.values())
    step = sum(weights) / free
    position = stream(seed, "sampling").uniform(0, step)
    counts: Counter[Town] = Counter(fixed)
    reached = 0.0
    for town, weight in zip(communes, weights, strict=True):
        reached += weight
        while position < reached:
            counts[town] += 1
            position += step
    return [(town, counts[town]) for town in communes if counts[town]]


def _fixed(communes: Sequence[Town]) -> dict[Town, int]:
    fixed = {town: FORCED[town.name] for town in communes if town.name in FORCED}
    for department in dict.fromkeys(town.department_code for town in communes):
        members = [town for town in communes if town.department_code == department]
        largest = max(members, key=lambda town: (town.population, town.postcode))
        fixed.setdefault(largest, 1)
    return fixed


def _communes() -> list[Town]:
    """One row a commune that is large enough: its first postcode, in their order."""
    seen: dict[tuple[str, str], Town] = {}
    for town in towns():
        if town.population >= POPULATION_MIN:
            seen.setdefault((town.department_code, town.name), town)
    return list(seen.values())


def _with_drive(sites: Sequence[_Site], formats: Sequence[Format], seed: int) -> set[int]:
    """The places of the shops with a drive: small formats go without first; Tours keeps all of its own."""
    reluctance = {"express": 3.0, "contact": 1.4, "super": 0.3, "hyper": 0.0}

    def wish(place: int) -> float:
        site = sites[place]
        if site.town.name in FORCED:
            return -1.0
        return reluctance[formats[place]] + stream(seed, "drive", site.town.postcode, site.quarter).random()

    return set(sorted(range(len(sites)), key=wish)[:DRIVES])


def _shop(
    number: int, site: _Site, format_: Format, namesakes: Counter[str], seed: int, *, has_drive: bool
) -> Shop:
    town = site.town
    draw = stream(seed, "shop", town.postcode, site.quarter)
    name = _name(site)
    base = _base_slug(site)
    own_slug = base if namesakes[base] == 1 else f"{base}-{town.department_code.lower()}"
    delivers = has_drive and (draw.random() < DELIVERING_SHARE or own_slug == SHOWCASE_SLUG)
    return Shop(
        store_id=number,
        slug=own_slug,
        name=name,
        format=format_,
        street=f"{draw.randrange(1, 220)} {draw.choice(_STREETS)}",
        postcode=site.postcode,
        city=town.name,
        department=town.department,
        department_code=town.department_code,
        region=town.region,
        latitude=site.latitude,
        longitude=site.longitude,
        phone=phone_of(town.department_code, number),
        email=f"{own_slug}@magasins.example.fr",
        legal_entity=legal_entity(draw, town),
        opening_hours=hours_of(draw, format_),
        services=services_of(draw, format_, has_drive=has_drive, delivers=delivers),
        has_drive=has_drive,
        delivers=delivers,
        drive_minimum_cents=draw.choice((0, 0, 0, 1500, 2500)) if has_drive else 0,
        preparation=preparation_of(draw, format_, has_drive=has_drive),
        search_name=search_key(f"{name} {town.name} {site.postcode}"),
    )


def _name(site: _Site) -> str:
    """``Tours-Nord`` for a quarter that is a direction, ``Tours Bellevue`` for one with a name."""
    if not site.quarter:
        return site.town.name
    joint = "-" if site.quarter in ("Nord", "Sud", "Centre", "Est", "Ouest") else " "
    return f"{site.town.name}{joint}{site.quarter}"


def _base_slug(site: _Site) -> str:
    return slug(_name(site))


_STREETS = (
    "avenue du Général-Aubert", "route de Paris", "rue des Lavandières", "zone commerciale des Portes",
    "boulevard des Deux-Rivières", "rue du Commerce", "avenue des Maraîchers", "rond-point de l’Étoile",
    "rue Jeanne-Morel", "place des Halles", "route de la Vallée", "avenue de la Libération-Neuve",
    "allée du Grand-Chêne", "rue de la Mairie", "chemin des Prés-Hauts",
)  # fmt: skip
