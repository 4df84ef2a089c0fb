"""The database a command works on: the one named by CABAS_DATABASE_URL, else the embedded one."""

from collections.abc import Iterator
from contextlib import contextmanager

from cabas.kit.postgres import EmbeddedPostgres
from cabas.settings import Settings


@contextmanager
def database_url(settings: Settings) -> Iterator[str]:
    """
    The address of a running database. The embedded one is started when need be, and stopped
    at the end by whoever started it.
    """
    if settings.database_url is not None:
        yield settings.database_url
        return
    embedded = EmbeddedPostgres(settings.data_folder / "postgres")
    started = embedded.start()
    try:
        yield embedded.url
    finally:
        if started:
            embedded.stop()
