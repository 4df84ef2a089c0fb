"""What sending needs from outside: words, a mail server, push services."""

from typing import Protocol

from cabas.domain.messages.model import Letter, Message, Note, Subscription
from cabas.kit.db import Connection


class Scribe(Protocol):
    """Writes a message out in its language, reading what it names."""

    async def letter(self, reader: Connection, message: Message) -> Letter:
        """:raises LookupError: no such template, or what it tells about is gone."""
        ...

    async def note(self, reader: Connection, message: Message) -> Note:
        """:raises LookupError: as `letter`."""
        ...


class Mailer(Protocol):
    async def send(self, letter: Letter) -> None:
        """
        Hand the letter over. Sent twice, it carries the same ``Message-ID``.

        :raises TransportError: it was not taken, or nobody knows whether it was.
        """
        ...


class Pusher(Protocol):
    async def send(self, subscription: Subscription, note: Note) -> None:
        """
        :raises SubscriptionGone: the browser is not there any more.
        :raises TransportError: it was not taken.
        """
        ...
