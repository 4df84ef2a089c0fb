"""
Releases to rehearse with: the product as it is, and after it one release a run, each with a schema of its own.

Release ``n`` reads a column of ``orders`` that its expand step adds, and its contract step drops the column of
release ``n - 1``: so a step taken too early or too late, or a wrong order of them, fails requests.
"""

import shutil
from pathlib import Path

import cabas

SOURCE = Path(cabas.__file__).parent
BAD = "bad"
_READS = """

# --- what this release adds, for the rehearsal of roll-outs ---
_as_it_was = create_app


def create_app(settings, **more):
    app = _as_it_was(settings, **more)
    app.asgi_handler = _Reading(app.asgi_handler)
    return app


class _Reading:
    def __init__(self, app):
        self._app, self._seen = app, 0

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http" and scope["path"].startswith("{path}"):
            {each}
        await self._app(scope, receive, send)
"""
_COLUMN = """async with scope["litestar_app"].state.site.database.read() as reader:
                await reader.fetchval("select rehearsal_{number} from orders limit 1")"""
_BREAKS = """self._seen += 1
            if self._seen % 2:
                raise RuntimeError("this release is broken, for the rehearsal")"""


class Releases:
    """:param folder: where they are kept, readable by all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def source(self, name: str) -> Path:
        """The folder to put on ``PYTHONPATH``."""
        return SOURCE.parent if name == "0" else self._folder / name

    def make(self, number: int) -> str:
        """The ``number``-th release (from 1), with the schema steps of all until it; returns its name."""
        name = str(number)
        package = self._copy(name)
        _append(package, "/api/v1/orders/", _COLUMN.format(number=number))
        for one in range(1, number + 1):
            (package / "migrations" / f"20991231_{one:02}_expand_rehearsal.sql").write_text(
                f"alter table orders add column rehearsal_{one} text not null default '{one}';\n"
            )
            (package / "migrations" / f"20991231_{one:02}_contract_rehearsal.sql").write_text(
                f"alter table orders drop column if exists rehearsal_{one - 1};\n"
            )
        return name

    def make_bad(self) -> str:
        """One that answers every other call of the API with an error; its schema is the last one's."""
        _append(self._copy(BAD), "/api/v1/", _BREAKS)
        return BAD

    def _copy(self, name: str) -> Path:
        package = self._folder / name / "cabas"
        shutil.copytree(SOURCE, package, ignore=shutil.ignore_patterns("static", "__pycache__"))
        (package / "web" / "static").symlink_to(SOURCE / "web" / "static")
        return package


def _append(package: Path, path: str, each: str) -> None:
    root = package / "app.py"
    root.write_text(root.read_text() + _READS.replace("{path}", path).replace("{each}", each))
