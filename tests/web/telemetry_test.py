"""What is counted of each answer, and under which name."""

import logging

import pytest
from deploy.rollout.kubernetes import ANSWERED, BROKEN
from prometheus_client import REGISTRY

from cabas.kit.tracing import parse
from cabas.web import telemetry
from cabas.web.telemetry import SLOW_TOLD, Answered

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
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
        await Answered(breaks)(
            {"type": "http", "method": "BREW", "path": "/", "headers": []}, nothing, nothing
        )

    assert counted("_OTHER", 500) == before + 1


async def test_a_client_that_left_without_an_answer_is_not_counted():
    before = total()

    await Answered(nothing)({"type": "http", "method": "GET", "path": "/", "headers": []}, nothing, nothing)

    assert total() == before


async def test_a_page_that_broke_says_by_what_the_log_knows_it(client, monkeypatch, caplog):
    monkeypatch.setattr("cabas.web.storefront.stores._rows", breaks)

    with caplog.at_level(logging.ERROR):
        answer = await client.get("/magasins", headers={"traceparent": CALLER})

    assert answer.status_code == 500
    assert parse(CALLER).trace_id in answer.text
    assert [record.fields for record in caplog.records] == [{"route": "/magasins"}]


async def test_a_program_is_told_the_same(client, monkeypatch):
    monkeypatch.setattr("cabas.web.api.stores.finder.find_stores", breaks)

    answer = await client.get("/api/v1/stores?q=lyon", headers={"traceparent": CALLER})

    assert answer.status_code == 500
    assert answer.json()["instance"] == f"urn:cabas:trace:{parse(CALLER).trace_id}"


async def test_requests_that_go_well_are_not_logged(client, caplog):
    client.app.asgi_handler._log_share = 0.0
    with caplog.at_level(logging.INFO, "cabas.web.requests"):
        await client.get("/magasins")

    assert caplog.records == []


async def test_a_share_of_them_is_logged_by_their_route(client, caplog):
    client.app.asgi_handler._log_share = 1.0
    with caplog.at_level(logging.INFO, "cabas.web.requests"):
        await client.get("/magasins?code=75001")

    (record,) = caplog.records
    assert record.getMessage() == "request"
    assert record.httpRequest["requestUrl"] == "/magasins"
    assert record.httpRequest["status"] == 200


async def test_what_was_slow_is_logged_but_for_what_waits_on_purpose(monkeypatch, caplog):
    instants = iter([0.0, 1.5, 1.5, 10.0, 40.0])
    monkeypatch.setattr(telemetry, "monotonic", lambda: next(instants))
    app = Answered(answers)

    with caplog.at_level(logging.INFO, "cabas.web.requests"):
        await app(scope("/panier"), nothing, nothing)
        await app(scope("/preparation/flux"), nothing, nothing)

    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert record.httpRequest["latency"] == "1.500s"


async def test_when_everything_is_slow_only_some_of_it_is_logged(monkeypatch, caplog):
    monkeypatch.setattr(telemetry, "SLOW_SECONDS", -1.0)
    monkeypatch.setattr(telemetry, "monotonic", lambda: 0.0)  # all of it in one instant
    app = Answered(answers)

    with caplog.at_level(logging.INFO, "cabas.web.requests"):
        for _ in range(3 * SLOW_TOLD.burst):
            await app(scope("/panier"), nothing, nothing)

    assert len(caplog.records) == SLOW_TOLD.burst


def scope(template):
    return {"type": "http", "method": "GET", "path": "/", "headers": [], "path_template": template}


async def answers(_scope, _receive, send):
    await send({"type": "http.response.start", "status": 200})


async def breaks(*_):
    raise ValueError("broken")


async def nothing(*_):
    pass


def counted(method, status):
    labels = {"http_request_method": method, "http_response_status_code": str(status)}
    return REGISTRY.get_sample_value(COUNT, labels) or 0


def total():
    return sum(s.value for family in REGISTRY.collect() for s in family.samples if s.name == COUNT)
