"""The how-to's adapter and configuration are run as they are printed."""

import re
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest

from bridge.processes import bridge_process, client_of, legacy_process
from cabas.bridge import shapes
from cabas.bridge.config import make_adapters, read_config
from cabas.connectors.bridge_client import BridgeRefused

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "connect-your-systems.md"
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
CARD = "2990000000001"
LINES_MAX = 150


async def test_the_adapter_made_from_nothing_works(tmp_path: Path) -> None:
    written = _block("python")
    assert len(written.splitlines()) < LINES_MAX
    _write(tmp_path / "bridge" / "fidelity" / "__init__.py", written)
    earning = shapes.EarnRequest(key=f"order-{uuid4()}", card=CARD, cents=120, at=NOW)
    reserving = shapes.ReserveRequest(key=f"order-{uuid4()}", card=CARD, cents=100)

    with (
        legacy_process(tmp_path / "legacy") as legacy,
        bridge_process(tmp_path / "bridge", _config(legacy.rest)) as url,
    ):
        client = client_of(url)
        assert (await client.card(shapes.CardRequest(card=CARD))).state == "active"
        assert await client.earn(earning) == await client.earn(earning)
        reserved = await client.reserve(reserving)
        assert (await client.balance(shapes.CardRequest(card=CARD))).available_cents == 1250 + 120 - 100
        spending = shapes.SpendRequest(key=f"spend-{uuid4()}", reservation=reserved.reservation, cents=80)
        assert (await client.spend(spending)).balance_cents == 1250 + 120 - 80
        with pytest.raises(BridgeRefused, match="reservation_ended"):
            await client.release(
                shapes.ReleaseRequest(key=f"release-{uuid4()}", reservation=reserved.reservation)
            )
        with pytest.raises(BridgeRefused, match="not_served"):
            await client.offers(shapes.OffersRequest())
        await client.close()


def test_the_configuration_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    _write(tmp_path / "bridge.key", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
    _write(tmp_path / "bridge.toml", _block("toml"))

    config = read_config(tmp_path / "bridge.toml")

    assert make_adapters(config, beside=tmp_path)["old"].served == frozenset(shapes.OPERATIONS)


def test_the_smaller_tables_are_toml() -> None:
    for block in re.findall(r"```ini\n(.*?)```", PAGE.read_text(), re.DOTALL):
        assert msgspec.toml.decode(block)


def _config(url: str) -> str:
    options = f'options = {{ url = "{url}" }}'
    return f'[adapters.ours]\nkind = "./fidelity"\n{options}\n[services]\nloyalty = "ours"\n'


def _block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found is not None
    return found[1]


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
