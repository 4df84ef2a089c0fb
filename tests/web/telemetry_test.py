"""What is counted of each answer, and under which name."""

import pytest
from deploy.rollout.kubernetes import ANSWERED, BROKEN
from prometheus_client import REGISTRY

from cabas.web.telemetry import Answered

COUNT = "http_server_request_duration_seconds_count"


async def test_answers_are_counted_by_method_and_status(client):
    before = counted("GET", 200)

    await client.get("/magasins")
    await client.get("/healthz")

    assert counted("GET", 200) == before + 1


async def test_the_figures_have_the_names_by_which_a_roll_out_asks(client):
    await client.get("/magasins")

    figures = (await client.get("/metrics")).text

    assert f'{COUNT}{{http_request_method="GET",http_response_status_code="200"}}' in figures
    assert f"{COUNT}{{" in ANSWERED.replace("{{", "{")
    assert 'http_response_status_code=~"5.."' in BROKEN


async def test_what_breaks_before_it_answers_is_an_error_of_ours():
    before = counted("_OTHER", 500)

    with pytest.raises(ValueError, match="broken"):
        await Answered(breaks)({"type": "http", "method": "BREW", "path": "/"}, nothing, nothing)

    assert counted("_OTHER", 500) == before + 1


async def test_a_client_that_left_without_an_answer_is_not_counted():
    before = total()

    await Answered(nothing)({"type": "http", "method": "GET", "path": "/"}, nothing, nothing)

    assert total() == before


async def breaks(*_):
    raise ValueError("broken")


async def nothing(*_):
    pass


def counted(method, status):
    labels = {"http_request_method": method, "http_response_status_code": str(status)}
    return REGISTRY.get_sample_value(COUNT, labels) or 0


def total():
    return sum(s.value for family in REGISTRY.collect() for s in family.samples if s.name == COUNT)
