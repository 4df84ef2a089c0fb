"""
Mail by SMTP submission (RFC 6409): TLS unless it is asked not to, a few connections that are used
again, and the server's answers told apart into "never" and "not now".
"""

import asyncio
import ssl
from contextlib import suppress
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib
import msgspec

from cabas.connectors.mail_form import Sender, mail_of
from cabas.domain.messages.model import Letter, TransportError
from cabas.kit.clock import Clock

SECONDS_MAX = 20.0
CONNECTIONS_MAX = 4
LETTERS_A_CONNECTION = 50
_PORTS = {"smtp": 587, "smtps": 465}
_SECURITY = ("starttls", "off")
_PERMANENT = range(500, 600)


class SmtpServer(msgspec.Struct, frozen=True, kw_only=True):
    """``security``: ``tls`` from the first byte, ``starttls``, or ``off``."""

    host: str
    port: int
    security: str
    username: str = ""
    password: str = ""


def server_of(url: str) -> SmtpServer:
    """
    ``smtp://user:password@host:587`` (STARTTLS, or ``?tls=off``) or ``smtps://…`` (TLS at once).

    :raises ValueError: not such an address.
    """
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("smtp://host or smtps://host is needed")
    security = parse_qs(parts.query).get("tls", ["starttls"])[-1]
    if security not in _SECURITY:
        raise ValueError("tls is starttls or off")
    return SmtpServer(
        host=parts.hostname,
        port=parts.port or _PORTS[parts.scheme],
        security="tls" if parts.scheme == "smtps" else security,
        username=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


class SmtpMailer:
    """
    :param trust: the certificates to believe; None: the system's.
    """

    def __init__(
        self, server: SmtpServer, sender: Sender, clock: Clock, *, trust: ssl.SSLContext | None = None
    ) -> None:
        self._server = server
        self._sender = sender
        self._clock = clock
        self._trust = trust
        self._gate = asyncio.Semaphore(CONNECTIONS_MAX)
        self._idle: list[tuple[aiosmtplib.SMTP, int]] = []

    async def send(self, letter: Letter) -> None:
        """See `cabas.domain.messages.ports.Mailer`."""
        mail = mail_of(letter, self._sender, at=self._clock.now())
        async with self._gate:
            client, used = await self._client()
            try:
                await client.send_message(mail, sender=self._sender.email, recipients=[letter.to_email])
            except BaseException as problem:
                client.close()
                if isinstance(problem, (aiosmtplib.SMTPException, OSError)):
                    raise _told(problem) from problem
                raise
            if used + 1 < LETTERS_A_CONNECTION:
                self._idle.append((client, used + 1))
            else:
                await _leave(client)

    async def close(self) -> None:
        """Say goodbye on what is open."""
        while self._idle:
            await _leave(self._idle.pop()[0])

    async def _client(self) -> tuple[aiosmtplib.SMTP, int]:
        """One that still answers, else a new one."""
        while self._idle:
            client, used = self._idle.pop()
            with suppress(aiosmtplib.SMTPException, OSError):
                await client.noop()
                return client, used
            client.close()
        return await self._connect(), 0

    async def _connect(self) -> aiosmtplib.SMTP:
        server = self._server
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            timeout=SECONDS_MAX,
            use_tls=server.security == "tls",
            start_tls=server.security == "starttls",  # required, not merely tried: a downgrade is refused
            tls_context=self._trust,
            username=server.username or None,
            password=server.password or None,
        )
        try:
            await client.connect()
        except (aiosmtplib.SMTPException, OSError) as problem:
            client.close()
            # What is wrong with our own account or certificate is wrong for each letter: wait for it to be mended.
            raise TransportError(_words(problem), permanent=False) from problem
        return client


async def _leave(client: aiosmtplib.SMTP) -> None:
    with suppress(aiosmtplib.SMTPException, OSError):
        await client.quit()
    client.close()


def _told(problem: Exception) -> TransportError:
    """5xx about the letter or its reader: never. Anything else, silence too: not now."""
    code = getattr(problem, "code", 0)
    if isinstance(problem, aiosmtplib.SMTPRecipientsRefused):
        code = problem.recipients[0].code if problem.recipients else 0
    return TransportError(_words(problem), permanent=code in _PERMANENT)


def _words(problem: Exception) -> str:
    if isinstance(problem, aiosmtplib.SMTPRecipientsRefused) and problem.recipients:
        problem = problem.recipients[0]
    code = getattr(problem, "code", "")
    return f"{type(problem).__name__} {code}".strip()  # the server's own words may name the reader
