"""Why a row does not go in."""

from cabas.domain.catalog.gtin import BadGtin, read_gtin

_GTIN_SENTENCES = {
    "missing": "There is no product number (GTIN, barcode).",
    "not_digits": "The product number {text!r} has other signs than digits.",
    "length": "The product number {text!r} has {count} digits: a GTIN has 8, 12, 13 or 14.",
    "check_digit": "The product number {text!r} is mistyped: its last digit does not check the others.",
}
_SHOWN_MAX = 60


class Rejected(Exception):
    """The row is refused. ``reason``: a stable code; ``sentence``: what is wrong, for the one who mends it."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason
        self.sentence = sentence


def gtin_of(text: str) -> int:
    """
    The product number of a row.

    :raises Rejected: it is not a GTIN.
    """
    try:
        return read_gtin(text)
    except BadGtin as problem:
        sentence = _GTIN_SENTENCES[problem.reason].format(text=text[:_SHOWN_MAX], count=len(text.strip()))
        raise Rejected(f"gtin_{problem.reason}", sentence) from problem
