"""What becomes of orders, as it is counted."""

import asyncio

import pytest
from prometheus_client import REGISTRY

from cabas.domain.slots.model import SlotFull
from cabas.kit.errors import Busy
from cabas.web import order_figures
from cabas.web.request import ReadOnly


def test_an_order_counts_once_and_its_retry_apart():
    accepted, replayed = read("accepted"), read("replayed")

    for created in (True, False, False):
        with order_figures.attempt() as attempt:
            attempt.placed(created=created)

    assert (read("accepted") - accepted, read("replayed") - replayed) == (1, 2)


@pytest.mark.parametrize(
    ("problem", "cause", "reason"),
    [
        (SlotFull(), "rule", "slot_full"),
        (Busy(), "site", Busy.code),
        (ReadOnly(), "site", "read_only"),
        (TimeoutError(), "site", "busy"),
        (asyncio.CancelledError(), "site", "late"),
        (ZeroDivisionError(), "site", "internal"),
    ],
)
def test_a_refusal_says_whose_it_was_and_why(problem, cause, reason):
    labels = {"cause": cause, "reason": reason}
    before = read("refused", labels)

    with pytest.raises(type(problem)), order_figures.attempt():
        raise problem

    assert read("refused", labels) == before + 1


def read(name, labels=None):
    return REGISTRY.get_sample_value(f"cabas_orders_{name}_total", labels or {}) or 0
