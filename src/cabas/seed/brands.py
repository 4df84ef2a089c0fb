"""Invented brands, their tiers, and the invented companies that answer for their goods."""

import tomllib
from functools import cache

import msgspec

from cabas.seed.catalogue import DATA
from cabas.seed.chance import stream
from cabas.seed.towns import towns
from cabas.seed.writing import slug

OWN_COMPANY = "Cabas Distribution SA"
OWN_ADDRESS = "12 quai des Halles, 37000 Tours"
STREETS = (
    "rue des Tisserands", "route de la Gare", "zone d’activités des Peupliers", "avenue du Vieux Moulin",
    "chemin des Alouettes", "rue de la Fontaine", "parc d’activités du Val", "route des Vergers",
    "allée des Tilleuls", "rue du Port", "avenue de l’Industrie", "place du Marché",
)  # fmt: skip

PRICE_OF_TIER = {"value": 0.66, "own": 0.82, "national": 1.0, "premium": 1.3, "organic": 1.32}


class Brand(msgspec.Struct, frozen=True):
    """``number`` is the brand's company prefix: 0 for goods without a brand."""

    number: int
    name: str
    tier: str
    own: bool
    operator_name: str
    operator_address: str
    price_factor: float


UNBRANDED = Brand(0, "", "national", own=False, operator_name=OWN_COMPANY, operator_address=OWN_ADDRESS,
                  price_factor=1.0)  # fmt: skip
_OWN_TIERS = (("Cabas", "own"), ("Cabas Essentiel", "value"), ("Cabas Bio", "organic"))
_OWN = tuple(
    Brand(number, name, tier, own=True, operator_name=OWN_COMPANY, operator_address=OWN_ADDRESS,
          price_factor=PRICE_OF_TIER[tier])
    for number, (name, tier) in enumerate(_OWN_TIERS, start=1)
)  # fmt: skip


@cache
def brand_pool(pool: str, tiers: str, seed: int) -> tuple[Brand, ...]:
    """The brands of a pool that are of these tiers (space separated), own brands first."""
    wanted = set(tiers.split())
    return tuple(brand for brand in (*_OWN, *_pools(seed)[pool]) if brand.tier in wanted)


@cache
def _pools(seed: int) -> dict[str, tuple[Brand, ...]]:
    told = tomllib.loads((DATA / "brands.toml").read_text(encoding="utf-8"))
    names = dict.fromkeys(name for pool in told.values() for tier in pool.values() for name in tier)
    numbers = {name: number for number, name in enumerate(names, start=10)}
    return {
        pool: tuple(
            _brand(numbers[name], name, tier, seed) for tier, listed in tiers.items() for name in listed
        )
        for pool, tiers in told.items()
    }


def _brand(number: int, name: str, tier: str, seed: int) -> Brand:
    draw = stream(seed, "brand", slug(name))
    town = draw.choice(towns())
    address = f"{draw.randrange(1, 180)} {draw.choice(STREETS)}, {town.postcode} {town.name}"
    factor = PRICE_OF_TIER[tier] * draw.uniform(0.95, 1.07)
    company = f"{name} {draw.choice(('SAS', 'SARL', 'SA'))}"
    return Brand(
        number, name, tier, own=False, operator_name=company, operator_address=address, price_factor=factor
    )
