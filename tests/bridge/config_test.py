"""A configuration that can't be used is named at start."""

import base64
from pathlib import Path

import pytest

from cabas.bridge.config import BadConfig, make_adapters, read_config

KEY = base64.b64encode(bytes(range(32))).decode()
GOOD = f"""
site = "hq"
key = "{KEY}"
data = "/tmp/bridge"
"""
ADAPTER = '[adapters.old]\nkind = "rest"\noptions = { url = "http://old.example", token_file = "token" }\n'


def test_secrets_are_read_from_their_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "token").write_text("hush\n")

    adapters = make_adapters(_read(tmp_path, GOOD + ADAPTER), beside=tmp_path)

    assert adapters["old"].options["token"] == "hush"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("site =", "bridge.toml"),
        (GOOD.replace(KEY, "c2hvcnQ="), "32 bytes"),
        (GOOD.replace('key = "', 'key_file = "/nowhere'), "key_file"),
        (GOOD + '[services]\nloyalty = "old"\n', "adapters.old"),
        (GOOD + ADAPTER + '[services]\npayment = "old"\n', "payment"),
        (GOOD + ADAPTER + '[feeds.prices]\nadapter = "old"\n', "where they go"),
        (GOOD + "colour = 1\n", "colour"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(BadConfig, match=says):
        _read(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[adapters.old]\nkind = "fax"\n', "fax"),
        ('[adapters.old]\nkind = "./nowhere"\n', "nowhere"),
        ('[adapters.old]\nkind = "rest"\n', "url"),
        ('[adapters.old]\nkind = "soap"\n', "wsdl"),
        ('[adapters.old]\nkind = "sql"\noptions = { url = "nosuch://x:hush@y" }\n', "url"),
        (
            '[cabas]\nurl = "http://shop.example"\n[feeds.prices]\nadapter = "old"\n'
            '[adapters.old]\nkind = "soap"\noptions = { wsdl = "http://old.example" }\n',
            "no such feed",
        ),
    ],
)
def test_an_adapter_that_can_not_be_made_is_named(tmp_path: Path, text: str, says: str) -> None:
    config = _read(tmp_path, GOOD + text)

    with pytest.raises(BadConfig, match=says) as refused:
        make_adapters(config, beside=tmp_path)
    assert "hush" not in str(refused.value)


def _read(folder: Path, text: str):
    path = folder / "bridge.toml"
    path.write_text(text)
    return read_config(path)
