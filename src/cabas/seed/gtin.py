"""GTIN-13 numbers: invented company prefixes, and the in-store range for weighed goods."""

from cabas.domain.catalog.gtin import with_check_digit

LEAF_ARTICLES_MAX = 10_000
WEIGHED_ARTICLES_MAX = 150


def packaged_gtin(*, company: int, leaf: int, article: int) -> int:
    """``37`` CCC LLL AAAA and the check digit."""
    if not 0 <= article < LEAF_ARTICLES_MAX:
        raise ValueError(f"leaf {leaf} has too many articles")
    return with_check_digit(37 * 10**10 + company * 10**7 + leaf * 10**4 + article)


def weighed_gtin(*, leaf: int, article: int) -> int:
    """``26``, five digits of article, five zeros where the scale prints the weight, the check digit."""
    if not 0 <= article < WEIGHED_ARTICLES_MAX:
        raise ValueError(f"leaf {leaf} has too many weighed articles")
    return with_check_digit(26 * 10**10 + (leaf * WEIGHED_ARTICLES_MAX + article) * 10**5)
