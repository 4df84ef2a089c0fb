"""What the cluster of PostgreSQL is told: the rules that no server checks for us."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml
from deploy.postgres.local import HERE, Timing

from cabas.kit.db import SESSION

ARCHIVE = HERE / "archive"


def test_the_role_has_what_the_shop_asks_of_a_session() -> None:
    told = dict(re.findall(r"alter role \$\{user\} set (\w+) = '(.*)';", (HERE / "role.sql").read_text()))
    ignored = re.search(r"^ignore_startup_parameters = (.*)$", (HERE / "pgbouncer.ini").read_text(), re.M)

    assert told == {name.lower(): value for name, value in SESSION.items()}
    # PgBouncer follows the time zone by itself; what it can't follow, it must be told to leave to the role.
    assert ignored is not None
    assert set(ignored[1].split(", ")) == SESSION.keys() - {"timezone"}


def test_a_leader_that_cannot_renew_gives_up_before_another_is_elected() -> None:
    timing = Timing()
    assert timing.loop_wait + 2 * timing.retry_timeout <= timing.ttl
    assert timing.ttl >= 20, "the least that Patroni allows"


def test_no_order_is_acknowledged_on_one_machine_alone() -> None:
    text = re.sub(r"\$\{\w+\}", "1", (HERE / "patroni.yml").read_text())
    told = yaml.safe_load(text)["bootstrap"]["dcs"]
    assert (told["synchronous_mode"], told["synchronous_mode_strict"]) == (True, True)
    assert told["postgresql"]["parameters"]["synchronous_commit"] == "on"


@pytest.mark.parametrize(
    ("kept", "accepted"), [(None, True), (b"a segment", True), (b"another segment", False)]
)
def test_the_archive_takes_a_segment_once(tmp_path: Path, kept: bytes | None, *, accepted: bool) -> None:
    source, target = tmp_path / "segment", tmp_path / "kept"
    source.write_bytes(b"a segment")
    if kept is not None:
        target.write_bytes(kept)

    done = subprocess.run([ARCHIVE, source, target], check=False)

    assert (done.returncode == 0) is accepted
    assert target.read_bytes() == (kept or b"a segment")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["kept", "segment"]


def test_what_cannot_be_archived_leaves_nothing(tmp_path: Path) -> None:
    done = subprocess.run([ARCHIVE, tmp_path / "absent", tmp_path / "kept"], check=False, capture_output=True)
    assert done.returncode != 0
    assert list(tmp_path.iterdir()) == []
