"""A mail server on this machine, with faults on command, and letters to send to it."""

import asyncio
import socket
from email import message_from_bytes, policy
from email.message import EmailMessage
from uuid import UUID

from aiosmtpd.smtp import SMTP, Envelope, Session

from cabas.connectors.mail_form import Sender
from cabas.domain.messages.model import Attachment, Letter

SENDER = Sender(name="Cabas", email="commandes@cabas.example")


class MailServer:
    """``fault``: what it does wrong; ``taken``: the mails it has said 250 to, or should have."""

    def __init__(self) -> None:
        self.fault = ""
        self.taken: list[EmailMessage] = []
        self.connections = 0
        self.port = 0
        self._server: asyncio.Server | None = None
        self._protocols: list[SMTP] = []

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._talk, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for protocol in self._protocols:
            if protocol.transport is not None:
                protocol.transport.abort()

    def _talk(self) -> SMTP:
        self.connections += 1
        protocol = SMTP(self, hostname="mail.example")
        self._protocols.append(protocol)
        return protocol

    async def handle_MAIL(  # noqa: N802 (aiosmtpd's own names)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.fault == "hang":
            await asyncio.sleep(3600)
        envelope.mail_from = address
        return "421 4.3.2 closing" if self.fault == "closing" else "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.fault == "unknown":
            return "550 5.1.1 no such person"
        if self.fault == "greylist":
            return "451 4.7.1 come again"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        mail = message_from_bytes(content if isinstance(content, bytes) else b"", policy=policy.default)
        if self.fault == "full":
            return "452 4.3.1 no room"
        if self.fault == "spam":
            return "554 5.7.1 refused"
        mail["X-Envelope-To"] = ",".join(envelope.rcpt_tos)
        self.taken.append(mail)
        if self.fault == "drop after data":
            self.fault = ""
            server.transport.abort()
        return "250 OK"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def letter(**changes: object) -> Letter:
    values: dict[str, object] = {
        "message_id": UUID(int=42),
        "to_name": "Léa Martin",
        "to_email": "lea@exemple.fr",
        "language": "fr",
        "subject": "Commande K7F2MQ confirmée",
        "text": "Merci.\n",
        "html": "<!doctype html><p>Merci.</p>",
        "attachments": (
            Attachment(name="conditions.html", media_type="text/html", text="<p>Conditions</p>"),
        ),
    }
    return Letter(**(values | changes))  # type: ignore[arg-type]
