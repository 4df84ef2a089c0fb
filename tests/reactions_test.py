"""How messages leave, as the environment says: never silently into a folder in production."""

from datetime import timedelta

import pytest

from cabas import settings as settings_module
from cabas.connectors.mail_folder import FolderMailer
from cabas.connectors.mail_smtp import SmtpMailer
from cabas.connectors.push_web import public_key
from cabas.domain.messages import operations
from cabas.domain.messages.sending import Post
from cabas.kit.clock import FixedClock
from cabas.reactions import post_office, send_messages
from cabas.settings import BadSetting
from cabas.web.letters.scribe import make_scribe
from factories.messages import to_tell

PRODUCTION = {
    "CABAS_ENV": "production",
    "CABAS_SECRET_KEY": "a-secret-of-the-tests-that-is-long-enough",
    "CABAS_SMTP_URL": "smtps://me:secret@mail.example",
    "CABAS_MAIL_FROM": "Courses Martin <commandes@courses.example>",
}


class Carrier:
    def __init__(self):
        self.letters = []

    async def send(self, letter):
        self.letters.append(letter)


@pytest.mark.parametrize(
    ("level", "saturated", "seconds_ago", "sent"),
    [(0, False, 0, 20), (1, False, 0, 2), (0, True, 0, 2), (3, True, 3600, 20)],
)
async def test_orders_come_before_words_while_the_site_is_short_of_places(
    database, now, level, saturated, seconds_ago, sent
):
    at = now - timedelta(seconds=seconds_ago)
    async with database.transaction() as tx:
        await operations.tell_all(
            tx, messages=[to_tell(str(n), template="advance_taken") for n in range(20)], now=now
        )
        await tx.execute(
            """
            insert into process_pressure (process_id, at, limit_now, in_flight, goodput_per_s, level, saturated_since)
                 values ('web', $1, 10, 0, 0, $2, $3)""",
            at,
            level,
            at if saturated else None,
        )
    clock, carrier = FixedClock(now), Carrier()
    post = Post(scribe=make_scribe(site="https://courses.example", clock=clock), mailer=carrier, pusher=None)

    await send_messages(database, clock, post=post, a_second=50, a_second_pressed=2)

    assert len(carrier.letters) == sent


def load(tmp_path, **changes):
    return settings_module.load({"CABAS_DATA": str(tmp_path), **changes})


def test_a_laptop_writes_into_its_folder_and_may_notify(tmp_path):
    post = post_office(load(tmp_path))

    assert isinstance(post.mailer, FolderMailer)
    assert post.pusher is not None


def test_the_key_for_notifications_is_made_once(tmp_path):
    first, second = load(tmp_path), load(tmp_path)

    assert first.vapid_key == second.vapid_key
    assert len(public_key(first.vapid_key)) == 87
    assert (tmp_path / "vapid_key").stat().st_mode & 0o077 == 0


def test_production_sends_by_its_server_and_notifies_only_with_a_key(tmp_path):
    post = post_office(load(tmp_path, **PRODUCTION))

    assert isinstance(post.mailer, SmtpMailer)
    assert post.pusher is None
    assert not (tmp_path / "vapid_key").exists()


def test_production_may_say_that_mail_stays_here(tmp_path):
    settings = load(tmp_path, **PRODUCTION | {"CABAS_SMTP_URL": "folder"})

    assert isinstance(post_office(settings).mailer, FolderMailer)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CABAS_SMTP_URL", ""),
        ("CABAS_SMTP_URL", "mail.example"),
        ("CABAS_SMTP_URL", "smtp://mail.example?tls=perhaps"),
        ("CABAS_MAIL_FROM", ""),
        ("CABAS_MAIL_FROM", "commandes"),
        ("CABAS_MAIL_FROM", "Courses <commandes@>"),
        ("CABAS_VAPID_KEY", "short"),
        ("CABAS_VAPID_KEY", "é" * 43),
    ],
)
def test_a_wrong_setting_is_named(tmp_path, name, value):
    with pytest.raises(BadSetting) as refused:
        post_office(load(tmp_path, **PRODUCTION | {name: value}))

    assert name in str(refused.value)
