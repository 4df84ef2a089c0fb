"""Mail as files: whole, once, and not for ever."""

import asyncio
from email import message_from_bytes, policy
from uuid import UUID

from cabas.connectors.mail_folder import FolderMailer
from cabas.kit.clock import FixedClock
from factories.mail_server import SENDER, letter


async def test_a_letter_is_one_file_however_often_it_is_sent(tmp_path, now):
    mailer = FolderMailer(tmp_path / "mail", SENDER, FixedClock(now))

    await mailer.send(letter())
    await mailer.send(letter())

    [file] = (tmp_path / "mail").iterdir()
    mail = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert mail["To"] == "Léa Martin <lea@exemple.fr>"
    assert file.stat().st_mode & 0o077 == 0


async def test_the_oldest_files_make_room(tmp_path, now):
    for start in (0, 10):  # a second process goes on where the first stopped
        mailer = FolderMailer(tmp_path, SENDER, FixedClock(now), files_max=3)
        for number in range(start, start + 5):
            await mailer.send(letter(message_id=UUID(int=number)))

    assert sorted(file.name for file in tmp_path.iterdir()) == [f"{UUID(int=n)}.eml" for n in (12, 13, 14)]


async def test_letters_sent_at_once_are_all_there(tmp_path, now):
    mailer = FolderMailer(tmp_path, SENDER, FixedClock(now), files_max=20)

    await asyncio.gather(*(mailer.send(letter(message_id=UUID(int=number))) for number in range(400)))

    assert len(list(tmp_path.glob("*.eml"))) == 20
