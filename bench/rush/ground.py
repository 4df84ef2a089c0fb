"""
The ground of a rehearsal: a seeded database that is kept, and a fresh copy of it for each phase.

Seeding the nation takes minutes, so the stopped cluster stays in ``$CABAS_BENCH_GROUND`` (else
``var/bench-SCALE``) and serves again while the seed's sources and the migrations it has are unchanged.
Later migrations are applied to the copy.
"""

import fcntl
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from math import ceil
from pathlib import Path

import msgspec

from bench import measure
from bench.ground import Ground
from cabas.kit.postgres import EmbeddedPostgres
from cabas.seed.nights import working_midnight

KEPT_DAYS = 5
"""Older slots would be over by the clock of pgbench, which can't be shifted."""
BEFORE_MIDNIGHT = timedelta(hours=12)
SOURCES = Path(__file__).parents[2] / "src" / "cabas"


class Card(msgspec.Struct, frozen=True):
    """What the kept cluster is. ``migrations``: digests by name."""

    seed: str
    migrations: dict[str, str]
    seeded_at: datetime
    seconds: float


class Stage(msgspec.Struct, frozen=True):
    """A copy to rehearse on. ``midnight``: the opening after the evening that was seeded, UTC."""

    ground: Ground
    server: EmbeddedPostgres
    midnight: datetime


@contextmanager
def staged(scale: str) -> Iterator[Stage]:
    """A fresh copy of the seeded cluster, running, gone at the end."""
    kept = kept_folder(scale)
    card = _ensure(kept, scale)
    folder = Path(tempfile.mkdtemp(prefix="rush-", dir=kept.parent))
    folder.chmod(0o755)  # the unprivileged server account must reach its data
    server = EmbeddedPostgres(folder / "postgres")
    try:
        with measure.step(f"a fresh copy of the kept {scale} ground (seeded in {card.seconds:.0f} s)"):
            shutil.copytree(kept / "postgres", folder / "postgres", copy_function=shutil.copy2)
            _own_as(kept / "postgres", folder / "postgres")
            server.start()
        ground = Ground(folder, server.url, server.binaries, card.seconds)
        ground.cabas("migrate")
        yield Stage(ground, server, working_midnight(card.seeded_at))
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def kept_folder(scale: str) -> Path:
    named = os.environ.get("CABAS_BENCH_GROUND")
    return Path(named or Path("var") / f"bench-{scale}").absolute()


def _ensure(kept: Path, scale: str) -> Card:
    """Seed it unless a ground of the same seed is there."""
    kept.mkdir(parents=True, exist_ok=True)
    kept.chmod(0o755)
    with (kept / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = _card(kept)
        if known is not None and known.seed == _seed_key(scale) and _still_applies(known):
            return known
        return _seed(kept, scale)


def _seed(kept: Path, scale: str) -> Card:
    shutil.rmtree(kept / "postgres", ignore_errors=True)
    (kept / "card.json").unlink(missing_ok=True)
    server = EmbeddedPostgres(kept / "postgres")
    started = time.perf_counter()
    at = working_midnight(datetime.now(UTC)) - BEFORE_MIDNIGHT
    offset = ceil((at - datetime.now(UTC)).total_seconds())
    with measure.step(f"seeding {scale} (kept in {kept} for later runs)"):
        server.start()
        try:
            ground = Ground(kept, server.url, server.binaries)
            ground.cabas("seed", "--scale", scale, environ={"CABAS_CLOCK_OFFSET_SECONDS": str(offset)})
        finally:
            server.stop()
    card = Card(_seed_key(scale), _migrations(), at, time.perf_counter() - started)
    (kept / "card.json").write_bytes(msgspec.json.encode(card))
    return card


def _card(kept: Path) -> Card | None:
    try:
        return msgspec.json.decode((kept / "card.json").read_bytes(), type=Card)
    except (OSError, msgspec.MsgspecError):
        return None


def _still_applies(card: Card) -> bool:
    """Whether it is young, and every migration that it has is still the same; those that came since can follow."""
    if datetime.now(UTC) - card.seeded_at > timedelta(days=KEPT_DAYS):
        return False
    here = _migrations()
    return all(here.get(name) == digest for name, digest in card.migrations.items() if "function" not in name)


def _migrations() -> dict[str, str]:
    return {path.name: _digest(path) for path in sorted((SOURCES / "migrations").glob("*.sql"))}


def _seed_key(scale: str) -> str:
    files = [
        path for path in sorted((SOURCES / "seed").rglob("*")) if path.is_file() and path.suffix != ".pyc"
    ]
    return hashlib.sha256(" ".join([scale, *map(_digest, files)]).encode()).hexdigest()


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _own_as(model: Path, copy: Path) -> None:
    """A copy belongs to whoever copies; the server must own its files."""
    if os.geteuid() == 0:
        for path in (copy, *copy.rglob("*")):
            owner = (model / path.relative_to(copy)).lstat()
            os.lchown(path, owner.st_uid, owner.st_gid)
