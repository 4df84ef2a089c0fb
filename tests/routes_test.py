"""Every address, as somebody who is nobody: what is not for anyone answers nobody."""

import json

import pytest
from click.testing import CliRunner

from cabas import app
from cabas.routes import ANYONE, CUSTOMER, OFFICE, SHOPPER, STAFF, SYSTEM, actor_of, listed, routes
from factories.browsing import csrf_token

pytest_plugins = ["web.conftest"]

FILLED = {
    "uuid": "01a21f68-f089-8826-800d-db20a3564936",
    "int": "26112508001",
    "str": "01a21f68-f089-8826-800d-db20a3564936",
}
SIGN_IN = ("/compte/connexion", "/console", "/preparation/connexion", "/preparation/appareil")
REFUSED = {401, 403, 404}
BODY_FIRST = {
    "/commandes/{order:str}/avertissement",
    "/commandes/{order:str}/avertissement/retrait",
    "/preparation/evenements",
    "/preparation/recus",
}
"""Refused for a body that is none, before it is asked who sent it; their own tests send one as somebody else."""


@pytest.fixture(scope="module")
def found():
    return list(listed(app.register(secure=False)))


async def test_what_is_not_for_anyone_answers_nobody(client, found):
    token = await csrf_token(client, "/magasins")
    let_in = []
    for route in found:
        if route.actor == ANYONE or route.path in BODY_FIRST:
            continue
        answer = await client.request(
            route.method, filled(route.path), headers={"x-csrf-token": token}, follow_redirects=False
        )
        led_to_sign_in = answer.status_code == 303 and answer.headers["location"].startswith(SIGN_IN)
        if answer.status_code not in REFUSED and not led_to_sign_in:
            let_in.append((route.method, route.path, answer.status_code, answer.headers.get("location")))

    assert let_in == [], "\n".join(map(str, let_in))
    assert await csrf_token(client, "/magasins") == token  # so that no answer was about a stale one


@pytest.mark.parametrize(
    ("path", "body"), [("/preparation/evenements", {"events": []}), ("/preparation/recus", [])]
)
async def test_a_phone_that_nobody_signed_in_is_not_listened_to(client, path, body):
    token = await csrf_token(client, "/magasins")

    answer = await client.post(path, json=body, headers={"x-csrf-token": token}, follow_redirects=False)

    assert answer.status_code in REFUSED | {303}


def test_an_address_is_somebodys_by_its_guard_and_its_place():
    assert actor_of("/api/v1/carts/{cart:uuid}", ["shopper_only"]) == SHOPPER
    assert actor_of("/api/v1/store/{store:str}/orders", ["staff_only"]) == STAFF
    assert actor_of("/api/v1/bridge/work", []) == SYSTEM
    assert actor_of("/console/charge", []) == OFFICE
    assert actor_of("/compte/adresses", []) == CUSTOMER
    assert actor_of("/compte/connexion", []) == ANYONE
    assert actor_of("/magasins", []) == ANYONE


def test_all_of_them_are_listed_with_their_class():
    done = CliRunner().invoke(routes, ["--json"])

    told = {(one["method"], one["path"]): one for one in json.loads(done.stdout)["routes"]}
    assert told["POST", "/minuit/commande"]["load"] == "P0"
    assert told["GET", "/healthz"]["load"] == "free"
    assert told["GET", "/console/charge"]["actor"] == OFFICE


def test_only_one_actors_are_listed_when_asked():
    done = CliRunner().invoke(routes, ["--actor", CUSTOMER])

    assert "/compte/adresses" in done.stdout
    assert "/magasins" not in done.stdout


def filled(path):
    """The same address with something in each of its places."""
    parts = []
    for part in path.split("/"):
        if part.startswith("{"):
            kind = part.strip("{}").partition(":")[2]
            part = FILLED.get(kind, FILLED["str"])
        parts.append(part)
    return "/".join(parts)
