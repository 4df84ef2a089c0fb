import re

import pytest

from cabas.web.barcode import QUIET_LEFT, ean13_svg, grouped

ODD = [
    "0001101",
    "0011001",
    "0010011",
    "0111101",
    "0100011",
    "0110001",
    "0101111",
    "0111011",
    "0110111",
    "0001011",
]
EVEN = [code.translate(str.maketrans("01", "10"))[::-1] for code in ODD]
RIGHT = [code.translate(str.maketrans("01", "10")) for code in ODD]
PARITY = ["OOOOOO", "OOEOEE", "OOEEOE", "OOEEEO", "OEOOEE", "OEEOOE", "OEEEOO", "OEOEOE", "OEOEEO", "OEEOEO"]
"""The tables of the GS1 General Specifications."""


@pytest.mark.parametrize("number", [2990000000002, 2912345678906, 3017620422003])
def test_a_scanner_reads_the_number_off_the_bars(number: int) -> None:
    assert read(ean13_svg(number)) == f"{number:013}"


def test_the_number_is_grouped_as_under_the_bars() -> None:
    assert grouped(2990000000002) == "2\u00a0990000\u00a0000002"


def read(svg: str) -> str:
    bars = {int(place) - QUIET_LEFT for place in re.findall(r"M(\d+) 0v", svg)}
    modules = "".join("1" if place in bars else "0" for place in range(95))
    assert (modules[:3], modules[45:50], modules[92:]) == ("101", "01010", "101")
    left = [modules[start : start + 7] for start in range(3, 45, 7)]
    right = [modules[start : start + 7] for start in range(50, 92, 7)]
    parity = "".join("O" if code in ODD else "E" for code in left)
    digits = [ODD.index(code) if code in ODD else EVEN.index(code) for code in left]
    return "".join(map(str, [PARITY.index(parity), *digits, *map(RIGHT.index, right)]))
