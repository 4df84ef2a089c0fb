"""Rows to import."""

import json
from pathlib import Path

GOOD = {
    "code": "3179142054695",
    "product_name_fr": "Crème dessert vanille",
    "brands": "La Laiterie du Val,Autre",
    "quantity": "4 x 125 g",
    "categories_tags": ["en:dairies", "en:desserts", "en:dessert-creams"],
    "ingredients_text_fr": "_Lait_ entier, sucre, arôme vanille",
    "allergens_tags": ["en:milk"],
    "traces_tags": ["en:nuts", "en:eggs"],
    "nutriments": {
        "energy-kj_100g": 523, "energy-kcal_100g": 125, "fat_100g": 3.4, "saturated-fat_100g": 2.2,
        "carbohydrates_100g": 20.1, "sugars_100g": 17.6, "fiber_100g": 0.4, "proteins_100g": 3.1, "salt_100g": 0.13,
    },
    "nutriscore_grade": "c",
    "origins": "France",
    "labels_tags": ["en:organic", "en:unknown"],
    "conservation_conditions_fr": "À conserver entre 0 et 6 °C.",
    "customer_service_fr": "Laiterie du Val, 3 rue du Lavoir, 37000 Tours",
}  # fmt: skip
GTINS = ("3256225731916", "3270720125049", "3325350501074", "3184340138108", "3390390001662", "3228022140086")


def write_jsonl(path: Path, rows: list[dict]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path
