"""
The only reader of the environment. Frozen; fails at boot with the name of what is wrong.

Every secret may be given by file: ``CABAS_SECRET_KEY_FILE=/run/secrets/key``.
"""

import os
import secrets
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Literal

import msgspec

Environment = Literal["development", "production"]
SECRET_BYTES_MIN = 32


class BadSetting(SystemExit):
    """A setting is missing or wrong: the process must not start."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    environment: Environment
    database_url: str | None
    """None: the embedded PostgreSQL in ``data_folder``."""
    data_folder: Path
    secret_keys: tuple[bytes, ...]
    """Current first; older ones are still accepted."""
    host: str
    port: int
    web_processes: int
    connections_max: int
    """Database connections of one process."""
    clock_offset: timedelta
    """Shifts the whole product in time: rehearsals and demos of midnight."""
    public_url: str
    edge_folder: Path
    """What the edge (nginx) serves from disk while all else is down, written by the worker."""
    reload_templates: bool
    """Read templates again at each page: for those who write them."""

    @property
    def secure(self) -> bool:
        """Whether cookies require HTTPS."""
        return self.environment == "production"


def load(environ: Mapping[str, str] | None = None) -> Settings:
    env = dict(os.environ if environ is None else environ)
    environment = _environment(env)
    data_folder = Path(env.get("CABAS_DATA", "var")).absolute()
    port = _integer(env, "CABAS_PORT", 8000, 1, 65_535)
    host = env.get("CABAS_HOST", "127.0.0.1")
    return Settings(
        environment=environment,
        database_url=_secret(env, "CABAS_DATABASE_URL") or None,
        data_folder=data_folder,
        secret_keys=_secret_keys(env, environment=environment, data_folder=data_folder),
        host=host,
        port=port,
        web_processes=_integer(env, "CABAS_WEB_PROCESSES", min(os.cpu_count() or 1, 4), 1, 64),
        connections_max=_integer(env, "CABAS_DB_CONNECTIONS", 10, 1, 200),
        clock_offset=timedelta(seconds=_integer(env, "CABAS_CLOCK_OFFSET_SECONDS", 0, -(10**9), 10**9)),
        edge_folder=Path(env.get("CABAS_EDGE_FOLDER") or data_folder / "edge").absolute(),
        reload_templates=env.get("CABAS_RELOAD", "") == "1",
        public_url=env.get("CABAS_PUBLIC_URL", f"http://{host}:{port}").rstrip("/"),
    )


def _environment(env: Mapping[str, str]) -> Environment:
    match env.get("CABAS_ENV", "development"):
        case "development":
            return "development"
        case "production":
            return "production"
        case other:
            raise BadSetting(f"CABAS_ENV is {other!r}: say development or production")


def _secret_keys(env: Mapping[str, str], *, environment: str, data_folder: Path) -> tuple[bytes, ...]:
    given = _secret(env, "CABAS_SECRET_KEY")
    if given:
        keys = tuple(part.encode() for part in given.split(",") if part)
        if any(len(key) < SECRET_BYTES_MIN for key in keys):
            raise BadSetting(f"CABAS_SECRET_KEY: each key needs {SECRET_BYTES_MIN} characters or more")
        if environment == "production" and any(key.startswith(b"demo-") for key in keys):
            raise BadSetting("CABAS_SECRET_KEY is a demo secret: production needs its own")
        return keys
    if environment == "production":
        raise BadSetting("CABAS_SECRET_KEY is not set: production refuses to start without it")
    return (_demo_key(data_folder),)


def _demo_key(data_folder: Path) -> bytes:
    """A random key kept in the data folder, so that sessions survive a restart of the demo."""
    kept = data_folder / "secret_key"
    if not kept.exists():
        data_folder.mkdir(parents=True, exist_ok=True)
        fresh = kept.with_suffix(f".{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_text("demo-" + secrets.token_urlsafe(SECRET_BYTES_MIN))
        try:
            os.link(fresh, kept)  # the first of several processes wins
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return kept.read_text().encode()


def _secret(env: Mapping[str, str], name: str) -> str:
    path = env.get(f"{name}_FILE")
    if path:
        try:
            return Path(path).read_text().strip()
        except OSError as problem:
            raise BadSetting(f"{name}_FILE: {problem}") from problem
    return env.get(name, "")


def _integer(env: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    raw = env.get(name, "")
    try:
        value = int(raw) if raw else default
    except ValueError:
        raise BadSetting(f"{name} is {raw!r}: a whole number is needed") from None
    if not low <= value <= high:
        raise BadSetting(f"{name} is {value}: it must lie between {low} and {high}")
    return value
