"""
Mail into a folder: one ``.eml`` file a message, which any mail program opens.

What the demo and rehearsals use, where nothing may leave the machine. Nobody receives anything.
"""

import asyncio
from collections import deque
from pathlib import Path
from threading import Lock

from cabas.connectors.mail_form import Sender, mail_of
from cabas.domain.messages.model import Letter
from cabas.kit.clock import Clock

FILES_MAX = 2000
"""The newest are kept: a rehearsal of a night writes many."""


class FolderMailer:
    """A message sent twice is one file: its name is the message's id."""

    def __init__(self, folder: Path, sender: Sender, clock: Clock, *, files_max: int = FILES_MAX) -> None:
        self._folder = folder
        self._sender = sender
        self._clock = clock
        self._files_max = files_max
        self._written: deque[Path] | None = None
        self._alone = Lock()
        """Several messages are written at once, each in a thread."""

    async def send(self, letter: Letter) -> None:
        """Write it, whole or not at all."""
        mail = mail_of(letter, self._sender, at=self._clock.now())
        await asyncio.to_thread(self._write, f"{letter.message_id}.eml", mail.as_bytes())

    def _write(self, name: str, content: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        file = self._folder / name
        whole = file.with_suffix(".part")
        whole.touch(mode=0o600)
        whole.write_bytes(content)
        whole.replace(file)
        with self._alone:
            self._keep_newest(file)

    def _keep_newest(self, file: Path) -> None:
        if self._written is None:  # ids are in the order of time, and so are their names
            self._written = deque(sorted(self._folder.glob("*.eml")))
        elif file not in self._written:
            self._written.append(file)
        while len(self._written) > self._files_max:
            self._written.popleft().unlink(missing_ok=True)
