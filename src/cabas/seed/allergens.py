"""The fourteen allergens of regulation 1169/2011, annex II, and the words that tell them."""

import re

from cabas.kit.text import folded

WORDS = {
    "gluten": "ble seigle orge avoine epeautre gluten",
    "crustaceans": "crustaces crevettes langoustines homard crabe",
    "eggs": "oeuf oeufs",
    "fish": "poisson poissons thon saumon truite cabillaud sardines maquereau maquereaux anchois",
    "peanuts": "arachide arachides cacahuetes",
    "soy": "soja",
    "milk": "lait beurre creme fromage fromages lactose"
    " mozzarella emmental chevre bleu parmesan ricotta feta",
    "nuts": "noix noisettes amandes amande pistaches",
    "celery": "celeri",
    "mustard": "moutarde",
    "sesame": "sesame",
    "sulphites": "sulfites",
    "lupin": "lupin",
    "molluscs": "mollusques moules huitres calamars",
}
ALLERGENS = tuple(WORDS)
_ALLERGEN_OF = {word: allergen for allergen, words in WORDS.items() for word in words.split()}
_EMPHASISED = re.compile(r"\*\*(.+?)\*\*")
_WORD = re.compile(r"[a-z]+")


class UnknownAllergenError(ValueError):
    """A word is emphasised that names no allergen."""


def allergens_in(ingredients: str) -> list[str]:
    """
    The allergens whose words are emphasised, in the order of the regulation.

    :raises UnknownAllergenError: nothing in an emphasis names one.
    """
    found = set()
    for emphasis in _EMPHASISED.findall(ingredients):
        named = {_ALLERGEN_OF[word] for word in _WORD.findall(folded(emphasis)) if word in _ALLERGEN_OF}
        if not named:
            raise UnknownAllergenError(f"{emphasis!r} in {ingredients!r}")
        found |= named
    return [allergen for allergen in ALLERGENS if allergen in found]
