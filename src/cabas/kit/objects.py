"""
Objects: files that are too large or too many for rows, under a name, in a folder or in a cloud's storage.

``file:///srv/objects`` · ``s3://bucket/prefix?region=eu-west-3`` · ``s3://bucket?endpoint=https://minio.example`` ·
``gs://bucket/prefix``. Credentials are those of the machine: the cloud's own identity, else ``AWS_*`` or
``GOOGLE_*`` as its tools read them.
"""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import GCSStore, LocalStore, MemoryStore, ObjectStore, S3Store

from cabas.kit.errors import Conflict, NotFound

SECONDS = "30s"
"""For one request to a cloud."""

_RETRY: Any = {"max_retries": 3, "retry_timeout": timedelta(seconds=60)}


class BadAddress(ValueError):
    """Not an address of objects; the message says what was expected."""


class ObjectUnknown(NotFound):
    """There is no object of this name."""

    code = "object_unknown"


class ObjectThere(Conflict):
    """There is one already, and it was to be the first."""

    code = "object_there"


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """``size`` in bytes, ``at`` when it was written (UTC)."""

    path: str
    size: int
    at: datetime


class Objects:
    """
    One place of objects. Names are paths with slashes, without a leading one.

    Other faults of the storage pass through as `obstore.exceptions.BaseError` (`UNREACHABLE`).
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    @classmethod
    def at(cls, address: str) -> "Objects":
        """:raises BadAddress: the scheme is none of file, s3, gs, memory, or a part is missing."""
        return cls(_store_at(address))

    async def put(self, path: str, content: bytes, *, once: bool = False) -> None:
        """
        Write it whole: nobody ever reads a half. Large ones go in parts.

        :param once: refuse when there is one already.
        :raises ObjectThere: with ``once``, there is.
        """
        try:
            await obstore.put_async(self._store, path, content, mode="create" if once else "overwrite")
        except AlreadyExistsError as problem:
            raise ObjectThere from problem

    async def get(self, path: str) -> bytes:
        """:raises ObjectUnknown: there is none."""
        try:
            found = await obstore.get_async(self._store, path)
            return bytes(await found.bytes_async())
        except FileNotFoundError as problem:
            raise ObjectUnknown from problem

    async def listed(self, prefix: str) -> AsyncIterator[Stored]:
        """Those under a folder of names, in no order."""
        async for batch in obstore.list(self._store, prefix):
            for one in batch:
                yield Stored(path=one["path"], size=one["size"], at=one["last_modified"])

    async def delete(self, path: str) -> None:
        """Deleting what isn't there is done."""
        try:
            await obstore.delete_async(self._store, path)
        except FileNotFoundError:
            return


UNREACHABLE = BaseError
"""What a storage raises that can't be reached or refuses us."""


def _store_at(address: str) -> ObjectStore:
    parts = urlsplit(address)
    options = dict(parse_qsl(parts.query))
    prefix = parts.path.strip("/") or None
    match parts.scheme:
        case "file":
            folder = Path(parts.path)
            if parts.netloc or not folder.is_absolute():
                raise BadAddress(f"{address}: a folder is file:///its/whole/path")
            folder.mkdir(parents=True, exist_ok=True)
            return LocalStore(folder)
        case "memory":
            return MemoryStore()
        case "s3" if parts.netloc:
            endpoint = options.get("endpoint", "")
            # A server of one's own has no name for each bucket.
            more = {"endpoint": endpoint, "virtual_hosted_style_request": False} if endpoint else {}
            return S3Store(
                parts.netloc,
                prefix=prefix,
                region=options.get("region", "us-east-1"),
                client_options={"timeout": SECONDS, "allow_http": endpoint.startswith("http://")},
                retry_config=_RETRY,
                **more,  # type: ignore[arg-type]
            )
        case "gs" if parts.netloc:
            return GCSStore(
                parts.netloc, prefix=prefix, client_options={"timeout": SECONDS}, retry_config=_RETRY
            )
    raise BadAddress(f"{address}: objects are at file:///…, s3://bucket/… or gs://bucket/…")
