"""Reads a product from a row with the columns of Open Food Facts, or with ours."""

from cabas.imports.fields import Fields
from cabas.imports.products.allergens import allergens_in, allergens_told, emphasised
from cabas.imports.products.amounts import amount_of
from cabas.imports.products.categories import leaf_of, picture_of
from cabas.imports.products.model import Told
from cabas.imports.products.nutrition import alcohol_permille_of, nutrition_of
from cabas.imports.rejection import gtin_of
from cabas.kit.text import folded, search_key

_NAMES = (
    "code gtin ean barcode product_name product_name_fr name nom generic_name generic_name_fr brands brand"
    " marque quantity quantite net_weight net_unit net_amount net_quantity product_quantity"
    " product_quantity_unit categories_tags categories category_path category_id category_fr categorie aisle"
    " rayon temperature_zone temperature_zone_est zone ingredients_text ingredients_text_fr ingredients"
    " ingredients_fr allergens_tags allergens allergenes allergens_est traces_tags traces traces_est nutriments"
    " nutrients_100g nutriscore_grade nutrition_grade_fr nutri_score nutriscore origins origins_fr origin"
    " origin_fr origine manufacturing_places labels_tags labels organic conservation_conditions"
    " conservation_conditions_fr storage preparation preparation_fr instructions operator_name operator_address"
    " customer_service customer_service_fr producer producer_fr alcohol alcohol_percent alcool sold_by vat_rate"
    " tva deposit consigne description search_words energy-kj_100g energy_100g energy-kcal_100g fat_100g"
    " saturated-fat_100g carbohydrates_100g sugars_100g fiber_100g proteins_100g salt_100g sodium_100g"
    " alcohol_100g"
)
COLUMNS = frozenset(_NAMES.split())
"""The columns that are read; others are passed over."""
_NAME_MAX, _SHORT_MAX = 200, 100
_ZONES = {
    "ambiant": "ambient", "ambient": "ambient", "frais": "chilled", "chilled": "chilled", "surgele": "frozen",
    "frozen": "frozen",
}  # fmt: skip
_LABELS = {
    "organic": "organic", "eu organic": "organic", "ab agriculture biologique": "organic", "bio": "organic",
    "fr bio 01": "organic", "made in france": "france", "french": "france", "origine france": "france",
    "viande francaise": "france", "fabrique en france": "france", "gluten free": "gluten_free",
    "no gluten": "gluten_free", "sans gluten": "gluten_free", "no lactose": "lactose_free",
    "lactose free": "lactose_free", "sans lactose": "lactose_free", "halal": "halal", "vegan": "vegan",
    "pdo": "pdo", "aop": "pdo", "aoc": "pdo", "no added sugar": "no_added_sugar",
    "sans sucres ajoutes": "no_added_sugar",
}  # fmt: skip
_VAT = {0: 0, 210: 210, 550: 550, 1000: 1000, 2000: 2000}
_FROZEN_TAGS = frozenset({"en:frozen-foods", "en:frozen-desserts", "fr:surgeles"})


def read_product(fields: Fields, number: int) -> Told:
    """
    What the row says of its product. Estimates (``*_est``) are used to sort and to warn of allergens,
    never as a Nutri-Score or a declared value.

    :raises Rejected: it has no valid GTIN.
    """
    gtin = gtin_of(fields.text("code", "gtin", "ean", "barcode", length_max=60))
    name = _name(fields)
    tags = fields.texts("categories_tags", "categories", "category_path") + fields.texts("category_id")
    zone = _zone(fields, tags)
    ingredients = emphasised(
        fields.text("ingredients_text_fr", "ingredients_text", "ingredients_fr", "ingredients")
    )
    contact_name, contact_address = _operator(fields)
    alcohol = alcohol_permille_of(fields)
    vat = fields.number("vat_rate", "tva")
    deposit = fields.number("deposit", "consigne")
    return Told(
        number=number,
        gtin=gtin,
        name=name,
        brand=fields.text("brands", "brand", "marque", length_max=_NAME_MAX)
        .split(",")[0]
        .strip()[:_SHORT_MAX],
        leaf=leaf_of(
            tags=tags,
            texts=(fields.text("category_fr", "categorie"), name),
            aisle=fields.text("aisle", "rayon", length_max=_SHORT_MAX),
            frozen=zone == "frozen",
        ),
        zone=zone,
        picture=picture_of(name),
        amount=amount_of(fields),
        sold_by=_sold_by(fields),
        vat_basis_points=_VAT.get(round(vat * 100)) if vat is not None else None,
        origin=fields.text("origin_fr", "origins_fr", "origins", "origin", "origine", length_max=_NAME_MAX),
        nutri_score=_nutri_score(fields),
        labels=_labels(fields),
        alcohol_permille=alcohol,
        deposit_cents=round(deposit * 100) if deposit is not None and 0 <= deposit < 1000 else None,
        description=fields.text("description", "generic_name_fr", "generic_name", length_max=1000),
        ingredients=ingredients,
        allergens=_allergens(fields, ingredients),
        traces=allergens_told(fields.texts("traces_tags", "traces") + fields.texts("traces_est")),
        nutrition=nutrition_of(fields),
        storage=fields.text(
            "conservation_conditions_fr", "conservation_conditions", "storage", length_max=1000
        ),
        instructions=fields.text("preparation_fr", "preparation", "instructions", length_max=2000),
        operator_name=contact_name,
        operator_address=contact_address,
        search_words=search_key(fields.text("search_words", "category_fr", length_max=_NAME_MAX)),
    )


def _name(fields: Fields) -> str:
    """In capitals only at the beginning when the file shouts."""
    name = fields.text("product_name_fr", "product_name", "name", "nom", length_max=_NAME_MAX)
    return name.capitalize() if len(name) > 3 and name.isupper() else name


def _zone(fields: Fields, tags: list[str]) -> str:
    told = _ZONES.get(search_key(fields.text("temperature_zone", "zone", "temperature_zone_est")), "")
    return "frozen" if not told and not _FROZEN_TAGS.isdisjoint(tags) else told


def _sold_by(fields: Fields) -> str:
    told = search_key(fields.text("sold_by", length_max=_SHORT_MAX))
    return {"weight": "weight", "poids": "weight", "piece": "piece"}.get(told, "")


def _nutri_score(fields: Fields) -> str:
    letter = fields.text("nutriscore_grade", "nutri_score", "nutriscore", "nutrition_grade_fr").upper()
    return letter if letter in ("A", "B", "C", "D", "E") else ""


def _labels(fields: Fields) -> list[str]:
    names = (search_key(tag.split(":", 1)[-1]) for tag in fields.texts("labels_tags", "labels"))
    found = {_LABELS[name] for name in names if name in _LABELS}
    return sorted(found | ({"organic"} if fields.flag("organic") else set()))


def _allergens(fields: Fields, ingredients: str) -> list[str]:
    """Those told, those emphasised and those estimated: one too many warns, one too few harms."""
    told = fields.texts("allergens_tags", "allergens", "allergenes") + fields.texts("allergens_est")
    return allergens_told([*told, *allergens_in(ingredients)])


def _operator(fields: Fields) -> tuple[str, str]:
    """Name and address: from columns of their own, else from ``Name, street, postcode town`` on one line."""
    name = fields.text("operator_name", length_max=_NAME_MAX)
    address = fields.text("operator_address", length_max=500)
    line = fields.text("customer_service_fr", "customer_service", "producer_fr", "producer", length_max=700)
    line_name, _, line_address = line.partition(",") if "," in line else line.partition(" - ")
    has_place = any(letter.isdigit() for letter in folded(line_address))
    return name or line_name.strip(), address or (line_address.strip() if has_place else "")
