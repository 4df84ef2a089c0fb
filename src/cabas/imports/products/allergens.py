"""The fourteen allergens of regulation 1169/2011, annex II: told by tags, and emphasised in the ingredients."""

import re
from collections.abc import Iterable
from functools import lru_cache

from cabas.kit.text import folded, search_key

_WORDS = {
    "gluten": "gluten ble bles froment epeautre kamut seigle orge malt avoine triticale wheat barley rye oats",
    "crustaceans": "crustaces crustace crevette crevettes langoustine langoustines homard homards crabe crabes"
    " ecrevisse ecrevisses gambas",
    "eggs": "oeuf oeufs egg eggs ovoproduits",
    "fish": "poisson poissons thon thons saumon saumons truite truites cabillaud colin colins sardine sardines"
    " maquereau maquereaux anchois hareng harengs lieu merlu morue fish",
    "peanuts": "arachide arachides cacahuete cacahuetes peanut peanuts",
    "soy": "soja soya soy soybeans",
    "milk": "lait laits beurre beurres creme cremes fromage fromages lactose lactoserum babeurre caseine"
    " caseinate caseinates petit-lait yaourt yaourts mascarpone mozzarella emmental parmesan ricotta feta"
    " gruyere comte cheddar milk",
    "nuts": "noix noisette noisettes amande amandes pistache pistaches pecan macadamia cajou nuts",
    "celery": "celeri celeris celery",
    "mustard": "moutarde moutardes mustard",
    "sesame": "sesame sesames",
    "sulphites": "sulfite sulfites disulfite disulfites metabisulfite sulphites",
    "lupin": "lupin lupins",
    "molluscs": "mollusque mollusques moule moules huitre huitres calamar calamars encornet encornets poulpe"
    " poulpes seiche seiches petoncle petoncles molluscs",
}
ALLERGENS = tuple(_WORDS)
"""As the product table names them, in the order of the regulation."""
_TAGS = {
    "soybeans": "soy", "sesame seeds": "sesame", "sulphur dioxide and sulphites": "sulphites",
    "fruits a coque": "nuts", "anhydride sulfureux et sulfites": "sulphites", "cereales": "gluten",
    "cereales contenant du gluten": "gluten", "graines de sesame": "sesame", "fruits a coques": "nuts",
}  # fmt: skip
_OF_WORD = {word: allergen for allergen, words in _WORDS.items() for word in words.split()} | {
    allergen: allergen for allergen in ALLERGENS
}
_NOT_MEANT = re.compile(
    r"(?:noix (?:de )?(?:coco|muscade|st|saint)|(?:lait|creme|beurre) (?:de |d')?(?:coco|cacao|karite|amandes?|soja"
    r"|avoine|riz|cacahuetes?)|cremes? de (?:marrons?|tartre|riz)"
    r"|sans (?:gluten|lactose|lait|oeufs?| ufs?|arachides?|soja)|tomates? creme|amandes? de (?:cacao|palme))"
)
_INNER = ("amande", "soja", "avoine", "cacahuete")
_MARK = re.compile(r"_+([^_\n]{1,80}?)_+|<(?:b|strong|span[^>]{0,60})>([^<]{1,80})</(?:b|strong|span)>")
_TAG = re.compile(r"<[^>]{0,80}>")
_EMPHASISED = re.compile(r"\*\*(.+?)\*\*")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


def allergens_told(tags: Iterable[str]) -> list[str]:
    """``en:milk``, ``fr:Soja``, ``fruits_a_coque`` → our names, in the regulation's order; others left out."""
    found = set()
    for tag in tags:
        name = search_key(tag.split(":", 1)[-1] if tag[2:3] == ":" else tag)
        found.add(_TAGS.get(name) or _OF_WORD.get(name) or "")
    return [allergen for allergen in ALLERGENS if allergen in found]


def allergens_in(ingredients: str) -> list[str]:
    """The allergens named by what stands between ``**``."""
    found = {
        _OF_WORD.get(_folded_word(word))
        for emphasis in _EMPHASISED.findall(ingredients)
        for word in _WORD.findall(emphasis)
    }
    return [allergen for allergen in ALLERGENS if allergen in found]


def emphasised(ingredients: str) -> str:
    """
    Allergens between ``**``. When the maker marked them (``_lait_``, ``<b>lait</b>``) his marks count;
    else the words that name one do, except where they don't mean it (lait de coco, sans lactose).
    """
    if _EMPHASISED.search(ingredients):
        return ingredients
    plain = ingredients.replace("**", "").replace("*_", "_")
    if _MARK.search(plain):
        marked = _MARK.sub(lambda mark: f"**{(mark[1] or mark[2]).strip()}**", plain)
        return _TAG.sub("", marked).replace("_", "")
    return _emphasise_words(_TAG.sub("", plain).replace("_", " "))


def _emphasise_words(text: str) -> str:
    shadow = "".join(map(_one_letter, text))
    passed = [(found.start(), found.end(), found[0]) for found in _NOT_MEANT.finditer(shadow)]
    parts: list[str] = []
    last = 0
    for word in _WORD.finditer(text):
        name = _folded_word(word[0])
        excused = any(
            start <= word.start() < end and (said.startswith("sans") or not name.startswith(_INNER))
            for start, end, said in passed
        )
        if name in _OF_WORD and not excused:
            parts += [text[last : word.start()], "**", word[0], "**"]
            last = word.end()
    return "".join([*parts, text[last:]])


@lru_cache(maxsize=65_536)
def _folded_word(word: str) -> str:
    return folded(word)


@lru_cache(maxsize=4_096)
def _one_letter(letter: str) -> str:
    """Folded, in its place: a space for what folds into two (œ)."""
    plain = folded(letter)
    return plain if len(plain) == 1 else " "
