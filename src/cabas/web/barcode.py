"""Bar codes as markup: the library says which modules are bars, we draw them."""

from barcode.ean import EuropeanArticleNumber13

QUIET_LEFT, QUIET_RIGHT = 11, 7
"""Modules left blank, GS1 General Specifications, figure 5.2.3.4-1."""

BAR_HEIGHT, GUARD_HEIGHT = 60, 65
_MODULES = 95
_GUARDS = (range(3), range(45, 50), range(92, 95))


def ean13_svg(number: int) -> str:
    """:param number: 13 digits with their check digit. A module is one unit wide; bars take the text's colour."""
    modules = EuropeanArticleNumber13(f"{number:013}").build()[0]
    bars = "".join(
        f"M{QUIET_LEFT + place} 0v{_height(place)}" for place, module in enumerate(modules) if module == "1"
    )
    width = QUIET_LEFT + _MODULES + QUIET_RIGHT
    return (
        f'<svg viewBox="0 0 {width} {GUARD_HEIGHT}" width="{width * 2}" height="{GUARD_HEIGHT * 2}"'
        f' shape-rendering="crispEdges" aria-hidden="true"><path transform="translate(.5)" stroke="currentColor"'
        f' stroke-width="1" d="{bars}"/></svg>'
    )


def grouped(number: int) -> str:
    """As it stands under the bars: ``2 990000 000002``."""
    digits = f"{number:013}"
    return f"{digits[0]}\u00a0{digits[1:7]}\u00a0{digits[7:]}"


def _height(place: int) -> int:
    return GUARD_HEIGHT if any(place in guard for guard in _GUARDS) else BAR_HEIGHT
