"""A stand-in's application on its port."""

from aiohttp import web


class Listening:
    """An application on a port, which it can leave and take again."""

    def __init__(self, app: web.Application, host: str, port: int) -> None:
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5, handler_cancellation=True)
        self._host, self._port = host, port
        self._site: web.TCPSite | None = None

    async def begin(self) -> str:
        """Its address."""
        await self._runner.setup()
        await self.listen(True)  # noqa: FBT003 - reads like the sentence
        self._port = self._runner.addresses[0][1]
        return f"http://{self._host}:{self._port}"

    async def listen(self, listening: bool) -> None:  # noqa: FBT001 - see `Faults.listen`
        if listening and self._site is None:
            self._site = web.TCPSite(self._runner, self._host, self._port, reuse_address=True)
            await self._site.start()
        elif not listening and self._site is not None:
            await self._site.stop()
            self._site = None

    async def end(self) -> None:
        await self._runner.cleanup()
