"""
`cabas routes`: every address the site answers at, who may go there, and how important it is under load.

Who may go there is said by the place of a route, and held to it by a test that goes everywhere as nobody
(tests/routes_test.py).
"""

import json
from collections.abc import Iterator
from typing import Final

import click
import msgspec
from litestar import Litestar
from litestar.routes import HTTPRoute

from cabas import app
from cabas.web.classes import CLASSES, FREE, class_of

ANYONE: Final = "anyone"
SHOPPER, CUSTOMER, STAFF, OFFICE, SYSTEM = (
    "shopper",
    "customer",
    "store staff",
    "head office or manager",
    "system",
)

_BY_GUARD: Final = {"shopper_only": SHOPPER, "staff_only": STAFF}
_OPEN: Final = (
    "/commande/etat",
    "/compte/connexion",
    "/compte/deconnexion",
    "/compte/inscription",
    "/compte/effacement/confirmation",
    "/console/arrivee",
    "/console/connexion",
    "/console/deconnexion",
    "/preparation/appareil",
    "/preparation/connexion",
    "/preparation/deconnexion",
    "/preparation/sw.js",
)
"""Ways in and out below places that are somebody's."""
_BY_PLACE: Final = (
    ("/api/v1/bridge/", SYSTEM),
    ("/api/v1/payments/", SYSTEM),
    ("/console", OFFICE),
    ("/mur", OFFICE),
    ("/wall", OFFICE),
    ("/preparation", STAFF),
    ("/compte", CUSTOMER),
    ("/commandes/", SHOPPER),
)


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """``actor``: who may go there at all; whose things they see is each query's to say. ``load``: P0 … P5, or free."""

    method: str
    path: str
    actor: str
    load: str
    name: str


def listed(site: Litestar) -> Iterator[Route]:
    """Each once for each of its methods, by path."""
    for route in sorted(site.routes, key=lambda one: one.path):
        if not isinstance(route, HTTPRoute):
            continue
        for handler in route.route_handlers:
            guards = [getattr(guard, "__name__", "") for guard in handler.guards or ()]
            for method in sorted(handler.http_methods - {"OPTIONS"}):
                kind = class_of(method, route.path)
                yield Route(
                    method=method,
                    path=route.path,
                    actor=actor_of(route.path, guards),
                    load="free" if kind == FREE else CLASSES[kind].name,
                    name=handler.handler_name,
                )


def actor_of(path: str, guards: list[str]) -> str:
    """Who may go there: by its guard, else by its place."""
    for guard in guards:
        if guard in _BY_GUARD:
            return _BY_GUARD[guard]
    if path.startswith(_OPEN):
        return ANYONE
    return next((actor for place, actor in _BY_PLACE if path.startswith(place)), ANYONE)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.option("--actor", help="Only those of this actor.")
def routes(*, as_json: bool, actor: str | None) -> None:
    """List every address, who may go there, and its class under load."""
    found = [one for one in listed(app.register(secure=False)) if actor in (None, one.actor)]
    if as_json:
        click.echo(json.dumps({"routes": msgspec.to_builtins(found)}, indent=2))
        return
    width = max((len(one.path) for one in found), default=0)
    for one in found:
        click.echo(f"{one.method:<7} {one.path:<{width}}  {one.load:<4}  {one.actor}")
