"""How messages leave, as the environment says: never silently into a folder in production."""

import pytest

from cabas import settings as settings_module
from cabas.connectors.mail_folder import FolderMailer
from cabas.connectors.mail_smtp import SmtpMailer
from cabas.connectors.push_web import public_key
from cabas.reactions import post_office
from cabas.settings import BadSetting

PRODUCTION = {
    "CABAS_ENV": "production",
    "CABAS_SECRET_KEY": "a-secret-of-the-tests-that-is-long-enough",
    "CABAS_SMTP_URL": "smtps://me:secret@mail.example",
    "CABAS_MAIL_FROM": "Courses Martin <commandes@courses.example>",
}


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
