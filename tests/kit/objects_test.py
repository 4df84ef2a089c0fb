"""Objects behave the same in a folder and in S3 (a server of moto's, over the network)."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from bench.ground import free_port

from cabas.kit.objects import BadAddress, Objects, ObjectThere, ObjectUnknown

PATIENCE_SECONDS = 60
LARGE = bytes(range(256)) * 50_000
"""12.8 MB: more than one part."""


@pytest.fixture(params=["folder", "memory", "s3"])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> Objects:
    if request.param == "folder":
        return Objects.at(f"file://{tmp_path}/objects")
    if request.param == "memory":
        return Objects.at("memory://")
    return Objects.at(request.getfixturevalue("bucket"))


async def test_what_is_put_is_there_and_is_replaced_whole(objects):
    await objects.put("labels/12/a.pdf", b"first")
    await objects.put("labels/12/a.pdf", b"second")

    assert await objects.get("labels/12/a.pdf") == b"second"


async def test_a_large_one_comes_back_as_it_went(objects):
    await objects.put("exports/all.parquet", LARGE)

    assert await objects.get("exports/all.parquet") == LARGE


async def test_the_first_of_two_stays_when_it_was_to_be_the_first(objects):
    await objects.put("draws/1", b"mine", once=True)

    with pytest.raises(ObjectThere):
        await objects.put("draws/1", b"theirs", once=True)

    assert await objects.get("draws/1") == b"mine"


async def test_what_is_not_there_is_said_so_and_may_be_deleted(objects):
    with pytest.raises(ObjectUnknown):
        await objects.get("nothing")

    await objects.delete("nothing")


async def test_a_folder_of_names_is_listed_with_sizes(objects):
    for name, content in {"a/1": b"x", "a/2": b"yy", "b/1": b"z"}.items():
        await objects.put(name, content)
    await objects.delete("a/1")

    found = [one async for one in objects.listed("a")]

    assert [(one.path, one.size) for one in found] == [("a/2", 2)]
    assert found[0].at.tzinfo is not None


@pytest.mark.parametrize("address", ["", "objects", "file://objects/a", "s3:///a", "http://a/b", "gs://"])
def test_an_address_that_is_none_is_refused(address):
    with pytest.raises(BadAddress):
        Objects.at(address)


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """A server of its own, gone at the end."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    server = subprocess.Popen(
        [Path(sys.executable).parent / "moto_server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        give_up = time.monotonic() + PATIENCE_SECONDS
        while not _answers(f"{address}/moto-api/data.json"):
            assert server.poll() is None, "moto ended"
            assert time.monotonic() < give_up, "moto never answered"
            time.sleep(0.1)
        yield address
    finally:
        server.kill()
        server.wait(PATIENCE_SECONDS)


@pytest.fixture
def bucket(s3: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty bucket, by its address; with credentials that moto doesn't ask about."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of-a-test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-a-test")
    name = f"bucket-{abs(hash(request.node.name)):x}"
    httpx.put(f"{s3}/{name}", timeout=30).raise_for_status()
    return f"s3://{name}/shop?region=us-east-1&endpoint={s3}"


def _answers(address: str) -> bool:
    try:
        return httpx.get(address, timeout=1).is_success
    except httpx.TransportError:
        return False
