"""
The only reader of the environment. Frozen; fails at boot with the name of what is wrong.

Every secret may be given by file: ``CABAS_SECRET_KEY_FILE=/run/secrets/key``.
"""

import base64
import os
import re
import secrets
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from cabas.kit.peers import BadPeer, Peer, peers_of
from cabas.kit.telemetry import BadTelemetry, Telemetry, telemetry_of

Environment = Literal["development", "production"]
SECRET_BYTES_MIN = 32
VAPID_BYTES = 32
_OBJECT = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_HOST = re.compile(r"[A-Za-z0-9.-]+(:\d{1,5})?", re.ASCII)


class BadSetting(SystemExit):
    """A setting is missing or wrong: the process must not start."""


class Bank(msgspec.Struct, frozen=True, kw_only=True):
    """``pages``: the origin of the pages where shoppers pay. ``webhook_secret``: signs what the bank tells us."""

    url: str
    pages: str
    key: str
    webhook_secret: str


class Autoscaler(msgspec.Struct, frozen=True, kw_only=True):
    """Of Kubernetes: its name, and the API's origin."""

    name: str
    api: str


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
    autoscaler: Autoscaler | None
    """Who starts and retires web processes; None: each machine's own `cabas web`."""
    drain_seconds: int
    """How long a web process that is told to stop goes on serving, no longer ready: until balancers have seen it."""
    clock_offset: timedelta
    """Shifts the whole product in time: rehearsals and demos of midnight."""
    public_url: str
    edge_folder: Path
    """What the edge (nginx) serves from disk while all else is down, written by the worker."""
    objects_url: str
    """Where pictures, labels and exports are kept (`cabas.kit.objects`): a folder of the data folder unless said."""
    smtp_url: str
    """``smtp://…`` or ``smtps://…``; "": mail is written into ``data_folder / "mail"`` and reaches nobody."""
    mail_from: str
    """``Name <address>`` that mail comes from."""
    vapid_key: str
    """Our key for notifications: 32 bytes in base64url; "": there are none."""
    bridges: tuple[Peer, ...]
    """The middle layers that may call, or be asked for, what the grocer's own systems hold."""
    bank: Bank | None
    """Who takes cards; None: orders are paid at the store."""
    telemetry: Telemetry
    """How much is logged, and where traces and figures go."""
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
        autoscaler=_autoscaler(env),
        drain_seconds=_integer(env, "CABAS_DRAIN_SECONDS", 0, 0, 300),
        clock_offset=timedelta(seconds=_integer(env, "CABAS_CLOCK_OFFSET_SECONDS", 0, -(10**9), 10**9)),
        edge_folder=Path(env.get("CABAS_EDGE_FOLDER") or data_folder / "edge").absolute(),
        objects_url=_secret(env, "CABAS_OBJECTS_URL") or f"file://{data_folder / 'objects'}",
        smtp_url=_smtp_url(env, environment=environment),
        mail_from=_mail_from(env, environment=environment),
        vapid_key=_vapid_key(env, environment=environment, data_folder=data_folder),
        bridges=_bridges(env),
        bank=_bank(env, environment=environment),
        telemetry=_telemetry(env),
        reload_templates=env.get("CABAS_RELOAD", "") == "1",
        public_url=env.get("CABAS_PUBLIC_URL", f"http://{host}:{port}").rstrip("/"),
    )


def _autoscaler(env: Mapping[str, str]) -> Autoscaler | None:
    """``CABAS_SCALER=kubernetes:web``: inside a cluster, which says where its API is."""
    given = env.get("CABAS_SCALER", "")
    if not given:
        return None
    kind, _, name = given.partition(":")
    host, port = env.get("KUBERNETES_SERVICE_HOST", ""), env.get("KUBERNETES_SERVICE_PORT", "443")
    if kind != "kubernetes" or not _OBJECT.fullmatch(name):
        raise BadSetting(f"CABAS_SCALER is {given!r}: say kubernetes:NAME, or nothing")
    if not host:
        raise BadSetting("CABAS_SCALER names an autoscaler of Kubernetes, but this is no pod")
    return Autoscaler(name=name, api=f"https://{f'[{host}]' if ':' in host else host}:{port}")


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
    made = _kept(data_folder / "secret_key", lambda: "demo-" + secrets.token_urlsafe(SECRET_BYTES_MIN))
    return (made.encode(),)


def _smtp_url(env: Mapping[str, str], *, environment: str) -> str:
    given = _secret(env, "CABAS_SMTP_URL")
    if given == "folder":
        return ""
    if not given and environment == "production":
        raise BadSetting(
            "CABAS_SMTP_URL is not set: confirmations must reach people"
            " (say folder for a rehearsal, where mail stays on this machine)"
        )
    if given and not given.startswith(("smtp://", "smtps://")):
        raise BadSetting("CABAS_SMTP_URL must begin with smtp:// or smtps://, or be the word folder")
    return given


def _mail_from(env: Mapping[str, str], *, environment: str) -> str:
    given = env.get("CABAS_MAIL_FROM", "")
    if not given and environment == "production" and _smtp_url(env, environment=environment):
        raise BadSetting("CABAS_MAIL_FROM is not set: mail needs a sender, Name <address@your-domain>")
    if given and "@" not in given:
        raise BadSetting("CABAS_MAIL_FROM must be Name <address@your-domain>")
    return given or "Cabas <commandes@cabas.example>"


def _vapid_key(env: Mapping[str, str], *, environment: str, data_folder: Path) -> str:
    """In production without one, nobody is offered notifications."""
    given = _secret(env, "CABAS_VAPID_KEY")
    if given:
        try:
            scalar = base64.urlsafe_b64decode(given + "=" * (-len(given) % 4))
        except ValueError:
            scalar = b""
        if len(scalar) != VAPID_BYTES:
            raise BadSetting("CABAS_VAPID_KEY must be 32 bytes in base64url")
        return given
    if environment == "production":
        return ""
    # Any 32 bytes but one in four billion are a key of the curve P-256; the first bit off makes it all of them.
    return _kept(
        data_folder / "vapid_key",
        lambda: (
            base64.urlsafe_b64encode(bytes([secrets.randbelow(127) + 1]) + secrets.token_bytes(31))
            .decode()
            .rstrip("=")
        ),
    )


def _bridges(env: Mapping[str, str]) -> tuple[Peer, ...]:
    try:
        return peers_of(_secret(env, "CABAS_BRIDGES"))
    except BadPeer as problem:
        raise BadSetting(f"CABAS_BRIDGES: {problem}") from None


def _bank(env: Mapping[str, str], *, environment: str) -> Bank | None:
    url = env.get("CABAS_BANK_URL", "").rstrip("/")
    if not url:
        return None
    pages = urlsplit(env.get("CABAS_BANK_PAGES") or url)
    schemes = ("https",) if environment == "production" else ("https", "http")
    for one in (urlsplit(url), pages):
        if one.scheme not in schemes or not _HOST.fullmatch(one.netloc):
            raise BadSetting("CABAS_BANK_URL and CABAS_BANK_PAGES must be https://host")
    key, webhook_secret = _secret(env, "CABAS_BANK_KEY"), _secret(env, "CABAS_BANK_WEBHOOK_SECRET")
    if not key or not webhook_secret:
        raise BadSetting("CABAS_BANK_URL needs CABAS_BANK_KEY and CABAS_BANK_WEBHOOK_SECRET")
    return Bank(url=url, pages=f"{pages.scheme}://{pages.netloc}", key=key, webhook_secret=webhook_secret)


def _telemetry(env: Mapping[str, str]) -> Telemetry:
    try:
        return telemetry_of(env)
    except BadTelemetry as problem:
        raise BadSetting(str(problem)) from None


def _kept(kept: Path, make: Callable[[], str]) -> str:
    """A random key kept in the data folder, so that it survives a restart of the demo."""
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        fresh = kept.with_suffix(f".{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_text(make())
        try:
            os.link(fresh, kept)  # the first of several processes wins
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return kept.read_text()


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
