"""The pipelines are only an order of Makefile targets: what they do can be done by hand, and tried at home."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent.parent
BIN = Path(sys.executable).parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
CLOUD_BUILDS = sorted((ROOT / "deploy" / "pipeline").glob("*.yaml"))
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
RELEASE = [
    "test",
    "manifests",
    "image",
    "sbom",
    "scan",
    "push",
    "sign",
    "connect",
    "verify",
    "migrate-expand",
]


@pytest.mark.parametrize(
    ("schema", "files"), [("vendor.github-workflows", WORKFLOWS), ("vendor.cloudbuild", CLOUD_BUILDS)]
)
def test_the_pipelines_are_valid(schema, files):
    checked = subprocess.run(
        [BIN / "check-jsonschema", "--builtin-schema", schema, *files],
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode == 0, checked.stdout


def test_the_workflows_have_no_known_weakness():
    checked = subprocess.run(
        [BIN / "zizmor", "--offline", "--no-progress", *WORKFLOWS],
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_runs_targets_and_takes_what_it_uses_by_digest(path):
    for step in _steps(path):
        if "run" in step:
            assert re.match(r"make [a-z-]+( &&|$)", step["run"]), step["run"]
        else:
            assert re.search(r"@[0-9a-f]{40}$", step["uses"]), step["uses"]


@pytest.mark.parametrize("path", [*WORKFLOWS, *CLOUD_BUILDS], ids=lambda path: path.stem)
def test_every_target_that_a_pipeline_calls_is_there(path):
    assert [target for target in _targets(path) if target not in TARGETS] == []


@pytest.mark.parametrize("name", ["release", "cloudbuild"])
def test_a_release_is_tested_scanned_and_signed_before_the_schema_and_the_processes_are_touched(name):
    path = next(path for path in (*WORKFLOWS, *CLOUD_BUILDS) if path.stem == name)

    order = [target for target in dict.fromkeys(_targets(path)) if target != "migrate-contract"]

    assert sorted(order[: len(RELEASE)]) == sorted(RELEASE)
    assert order.index("scan") < order.index("push") < order.index("sign") < order.index("migrate-expand")
    assert order[-1] == "roll-out"


def test_the_schema_is_contracted_last_and_apart():
    assert _targets(ROOT / ".github" / "workflows" / "release.yml")[-1] == "migrate-contract"
    assert "migrate-contract" not in _targets(ROOT / "deploy" / "pipeline" / "cloudbuild.yaml")


def _targets(path: Path) -> list[str]:
    if path.parent.name == "pipeline":
        steps = yaml.safe_load(path.read_text())["steps"]
        return [target for step in steps for target in step["args"]]
    runs = [step["run"] for step in _steps(path) if "run" in step]
    return [run.split()[1] for run in runs]


def _steps(path: Path) -> Iterator[dict[str, Any]]:
    for job in yaml.safe_load(path.read_text())["jobs"].values():
        yield from job["steps"]
