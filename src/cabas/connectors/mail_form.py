"""A letter as a mail (RFC 5322): the same for whichever way it goes out."""

import re
from collections.abc import Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

import msgspec

from cabas.domain.messages.model import Attachment, Letter, TransportError

NAME_LENGTH_MAX = 80
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


class Sender(msgspec.Struct, frozen=True, kw_only=True):
    """Whom mail comes from; ``host`` names our ``Message-ID``s."""

    name: str
    email: str

    @property
    def host(self) -> str:
        return self.email.rpartition("@")[2]


def sender_of(text: str) -> Sender:
    """
    ``Cabas <commandes@exemple.fr>``.

    :raises ValueError: no address in it.
    """
    name, email = parseaddr(text)
    Address(addr_spec=email)
    if "@" not in email:
        raise ValueError("an address like Name <name@host> is needed")
    return Sender(name=name, email=email)


def mail_of(letter: Letter, sender: Sender, *, at: datetime) -> EmailMessage:
    """
    Text and HTML side by side, attachments after them.

    A name or a subject with line breaks can't make a header of its own: control characters go.

    :raises TransportError: permanently, when the address isn't one.
    """
    mail = EmailMessage(policy=SMTP)
    try:
        to = Address(display_name=_one_line(letter.to_name)[:NAME_LENGTH_MAX], addr_spec=letter.to_email)
        mail["To"] = to
    except Exception as problem:  # the parser's own errors are of many kinds
        raise TransportError("not an address", permanent=True) from problem
    if not to.username or "." not in to.domain or _CONTROL.search(letter.to_email):
        raise TransportError("not an address", permanent=True)
    mail["From"] = Address(display_name=sender.name, addr_spec=sender.email)
    mail["Subject"] = _one_line(letter.subject)
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<{letter.message_id}@{sender.host}>"
    mail["Content-Language"] = letter.language
    mail["Auto-Submitted"] = "auto-generated"  # no answer from a holiday robot (RFC 3834)
    mail.set_content(letter.text)
    mail.add_alternative(letter.html, subtype="html")
    _attach(mail, letter.attachments)
    return mail


def _attach(mail: EmailMessage, attachments: Sequence[Attachment]) -> None:
    for one in attachments:
        maintype, _, subtype = one.media_type.partition("/")
        mail.add_attachment(  # as bytes: base64, a tenth of the work of quoted-printable
            one.text.encode(),
            maintype=maintype,
            subtype=subtype,
            filename=one.name,
            params={"charset": "utf-8"},
        )


def _one_line(text: str) -> str:
    return _CONTROL.sub(" ", text).strip()
