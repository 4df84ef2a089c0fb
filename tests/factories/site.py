"""The application over a test's database. Its routes take longer to register than most tests: once a run is enough."""

from functools import cache

from litestar import Litestar

from cabas.app import open_on, register
from cabas.kit.clock import Clock
from cabas.settings import Settings

_registered = cache(register)


def site(settings: Settings, *, clock: Clock) -> Litestar:
    """As `create_app`; one at a time, which is how tests run."""
    return open_on(_registered(secure=settings.secure), settings, clock=clock)
