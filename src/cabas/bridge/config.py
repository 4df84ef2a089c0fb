"""A bridge's one TOML file. Fails at start with the name of what is wrong; every secret may be in a file of its own."""

import importlib
import importlib.util
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

import msgspec

from cabas.bridge.port import Adapter, BadOptions
from cabas.bridge.shapes import FeedKind
from cabas.kit.peers import BadPeer, key_of

SERVICES = ("loyalty", "registry", "orders")
_IN_A_FILE = "_file"


class BadConfig(SystemExit):
    """The configuration can't be used: the bridge must not start."""


class Tls(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``client_authority``: callers must show a certificate that it signed (mutual TLS)."""

    certificate: Path
    private_key: Path
    client_authority: Path | None = None


class Cabas(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The shop. ``pull``: fetch the work there, so that nobody need reach the bridge."""

    url: str
    pull: bool = False
    authority_file: str = ""
    certificate_file: str = ""
    private_key_file: str = ""


class AdapterConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``kind``: a folder of ``cabas.bridge.adapters``, or the path of one of your own."""

    kind: str
    timeout_seconds: Annotated[float, msgspec.Meta(gt=0, le=60)] = 3.0
    concurrency: Annotated[int, msgspec.Meta(ge=1, le=256)] = 16
    options: dict[str, Any] = {}


class FeedConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``full_every_seconds`` 0: only what changes, after a first full one."""

    adapter: str
    every_seconds: Annotated[float, msgspec.Meta(gt=0)] = 60.0
    full_every_seconds: Annotated[float, msgspec.Meta(ge=0)] = 86_400.0
    rows_a_part: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 500


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``site``: the name by which Cabas knows this bridge. ``services``: loyalty, registry, orders → adapter."""

    site: Annotated[str, msgspec.Meta(pattern="^[a-z0-9-]{1,40}$")]
    data: Path
    host: str = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=1, le=65_535)] = 8300
    key: str = ""
    key_file: str = ""
    older_keys: list[str] = []
    tls: Tls | None = None
    cabas: Cabas | None = None
    adapters: dict[str, AdapterConfig] = {}
    services: dict[str, str] = {}
    feeds: dict[FeedKind, FeedConfig] = {}

    @property
    def keys(self) -> tuple[bytes, ...]:
        """:raises BadConfig: no key, or a bad one."""
        try:
            current = self.key or Path(self.key_file).read_text()
            return tuple(key_of(one) for one in (current, *self.older_keys))
        except (OSError, BadPeer) as problem:
            raise BadConfig(f"key or key_file: {problem}") from problem


def read_config(path: Path) -> Config:
    """:raises BadConfig: it can't be read, or names an adapter that there isn't."""
    try:
        config = msgspec.convert(tomllib.loads(path.read_text()), Config, dec_hook=_paths)
    except OSError as problem:
        raise BadConfig(f"{path}: {problem.strerror}") from problem
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as problem:
        raise BadConfig(f"{path}: {problem}") from problem
    unknown = set(config.services) - set(SERVICES)
    if unknown:
        raise BadConfig(f"[services] {', '.join(sorted(unknown))}: there are {', '.join(SERVICES)}")
    for used in (*config.services.values(), *(feed.adapter for feed in config.feeds.values())):
        if used not in config.adapters:
            raise BadConfig(f"there is no [adapters.{used}]")
    if config.cabas is None and config.feeds:
        raise BadConfig("[feeds] need [cabas] url: where they go")
    _ = config.keys
    return config


def make_adapters(config: Config, *, beside: Path) -> dict[str, Adapter]:
    """:param beside: the configuration's folder, for adapters of your own. :raises BadConfig: one can't be made."""
    made = {}
    for name, one in config.adapters.items():
        try:
            kind: type[Adapter] = _module(one.kind, beside).Adapter
            made[name] = kind(_with_secrets(one.options), seconds=one.timeout_seconds)
        except (BadOptions, OSError, ImportError, AttributeError) as problem:
            raise BadConfig(f"[adapters.{name}] {problem}") from problem
    for kind_of, feed in config.feeds.items():
        if kind_of not in made[feed.adapter].feeds:
            raise BadConfig(f"[feeds.{kind_of.value}] the adapter {feed.adapter} has no such feed")
    return made


def _module(kind: str, beside: Path) -> ModuleType:
    if "/" not in kind:
        return importlib.import_module(f"cabas.bridge.adapters.{kind}")
    folder = (beside / kind).resolve()
    name = f"bridge_adapter_{folder.name}"
    spec = importlib.util.spec_from_file_location(
        name, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"{folder} is no adapter")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _with_secrets(options: Mapping[str, Any]) -> dict[str, Any]:
    """``token_file = "…"`` becomes ``token``."""
    read = {
        name.removesuffix(_IN_A_FILE): Path(value).read_text().strip()
        for name, value in options.items()
        if name.endswith(_IN_A_FILE) and isinstance(value, str)
    }
    return {**options, **read}


def _paths(kind: type[Any], value: Any) -> Any:
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise NotImplementedError(kind)
