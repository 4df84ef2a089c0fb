"""
SOAP by a WSDL: the operations of `cabas legacy`, as an example. Options: ``wsdl``; ``username`` and ``password`` for
WS-Security.

This system refuses a reference that it has seen: what an attempt did is looked up by it, after a lost answer too.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx
import msgspec
from zeep import AsyncClient, Settings
from zeep.exceptions import Error, Fault
from zeep.transports import AsyncTransport
from zeep.wsse.username import UsernameToken

from cabas.bridge.adapters.soap.mapping import MAPPING, REFUSALS, Operation
from cabas.bridge.port import Adapter as Port
from cabas.bridge.port import BadOptions, Faulty, Refused
from cabas.bridge.rest import MISREAD
from cabas.bridge.shapes import OPERATIONS

DUPLICATE = "DUPLICATE"
CONNECT_SECONDS = 1.0


class Adapter(Port):
    """See `cabas.bridge.port.Adapter`. The description is read with the first call, and again until it can be."""

    served = frozenset(MAPPING)

    def __init__(self, options: Mapping[str, Any], *, seconds: float) -> None:
        super().__init__(options, seconds=seconds)
        if not options.get("wsdl"):
            raise BadOptions('wsdl = "https://…?wsdl" is needed')
        self._client: AsyncClient | None = None
        self._reading = asyncio.Lock()

    async def answer(self, operation: str, request: Any) -> Any:
        """See `Adapter.answer`."""
        mapping = MAPPING[operation]
        try:
            records = await self._call(mapping.name, mapping.send(request))
        except Refused as refused:
            found = await self.recover(operation, request) if refused.code == DUPLICATE else None
            if found is None:
                raise
            return found
        return self._understood(operation, mapping, request, records)

    async def recover(self, operation: str, request: Any) -> Any | None:
        """See `Adapter.recover`: by the reference, in the system's own records."""
        mapping = MAPPING[operation]
        if mapping.find is None:
            return None
        records = await self._call(mapping.find, mapping.sought(request))
        return self._understood(operation, mapping, request, records) if records else None

    async def _call(self, name: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        client = await self._described()
        try:
            answer = await getattr(client.service, name)(**values)
        except Fault as fault:
            if fault.message == DUPLICATE or fault.message in REFUSALS:
                raise Refused(REFUSALS.get(fault.message, DUPLICATE)) from fault
            raise Faulty(f"{name}: {fault.message}") from fault
        except (Error, httpx.HTTPError, OSError, *MISREAD) as problem:
            raise Faulty(f"{name}: {type(problem).__name__}") from problem
        records = answer if isinstance(answer, list) else [] if answer is None else [answer]
        return [{field: record[field] for field in record} for record in records]

    async def _described(self) -> AsyncClient:
        async with self._reading:
            if self._client is None:
                try:
                    self._client = await asyncio.to_thread(self._read)
                except (Error, httpx.HTTPError, OSError, *MISREAD) as problem:
                    raise Faulty(f"no description: {type(problem).__name__}") from problem
            return self._client

    def _read(self) -> AsyncClient:
        timeout = httpx.Timeout(self.seconds, connect=CONNECT_SECONDS)
        transport = AsyncTransport(  # type: ignore[no-untyped-call]
            client=httpx.AsyncClient(timeout=timeout, trust_env=False),
            wsdl_client=httpx.Client(timeout=timeout, trust_env=False),
        )
        token = None
        if self.options.get("username"):
            token = UsernameToken(  # type: ignore[no-untyped-call]
                self.options["username"], self.options.get("password", ""), use_digest=True
            )
        # Nothing outside the answer itself is ever fetched, and no document blows up.
        settings = Settings(strict=True, forbid_dtd=True, forbid_entities=True, forbid_external=True)
        client = AsyncClient(  # type: ignore[no-untyped-call]
            self.options["wsdl"], transport=transport, wsse=token, settings=settings
        )
        if not client.wsdl.services:  # a page of a proxy's is read as a description of nothing
            raise ValueError("no service is described")
        return client

    def _understood(
        self, operation: str, mapping: Operation, request: Any, records: list[dict[str, Any]]
    ) -> Any:
        try:
            return msgspec.convert(mapping.read(request, records), OPERATIONS[operation].answer)
        except (*MISREAD, msgspec.ValidationError) as problem:
            raise Faulty(f"the answer is not as expected: {problem!r}") from problem

    async def close(self) -> None:
        if self._client is not None:
            await self._client.transport.aclose()
