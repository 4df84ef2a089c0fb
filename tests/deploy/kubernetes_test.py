"""The roll-out on Kubernetes: what kubectl is told, in which order, and what is asked of Prometheus."""

import http.server
import json
import sys
import threading
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from deploy.rollout.__main__ import main
from deploy.rollout.kubernetes import KubernetesFleet, Refused, job_of
from deploy.rollout.plan import Counts
from tools import manifests

IMAGE = "registry.example/cabas@sha256:1234"
KUBECTL = """
import json, sys
arguments = sys.argv[1:]
folder = {folder!r}
with open(folder + "/asked", "a") as asked:
    asked.write(json.dumps(arguments) + "\\n")
line = " ".join(arguments)
answers = json.load(open(folder + "/answers"))
if "create" in arguments:
    open(folder + "/created", "w").write(sys.stdin.read())
for part, (code, text) in answers.items():
    if part in line:
        (sys.stdout if code == 0 else sys.stderr).write(text)
        raise SystemExit(code)
"""


class Cluster(msgspec.Struct):
    """A kubectl that notes what it is told and says what it is given to say."""

    folder: Path
    kubectl: list[str]

    def says(self, **answers: tuple[int, str]) -> None:
        (self.folder / "answers").write_text(
            json.dumps({name.replace("__", " "): one for name, one in answers.items()})
        )

    @property
    def told(self) -> list[str]:
        lines = (self.folder / "asked").read_text().splitlines()
        return [" ".join(json.loads(line)).removeprefix("--namespace shop ") for line in lines]


def test_a_canary_is_one_pod_of_its_own_deployment(cluster, fleet):
    fleet.start_canary(IMAGE)
    fleet.drop_canary()

    assert cluster.told == [
        f"set image deployment/web-canary web={IMAGE}",
        "scale deployment/web-canary --replicas=1",
        "rollout status deployment/web-canary --timeout=600s",
        "scale deployment/web-canary --replicas=0",
    ]


def test_all_are_replaced_web_first_and_the_canary_goes_last(cluster, fleet):
    cluster.says(
        get__deployments=(
            0,
            "deployment.apps/edge\nstatefulset.apps/bridge\ndeployment.apps/web\ndeployment.apps/worker\n",
        )
    )

    fleet.replace_all(IMAGE)

    assert [line for line in cluster.told if line.startswith(("set", "scale"))] == [
        f"set image deployment/web web={IMAGE}",
        f"set image deployment/worker worker={IMAGE}",
        f"set image deployment/edge nginx={IMAGE} worker={IMAGE}",
        f"set image statefulset/bridge bridge={IMAGE}",
        "scale deployment/web-canary --replicas=0",
    ]


def test_what_does_not_come_up_is_undone_everywhere(cluster, fleet):
    cluster.says(
        get__deployments=(0, "deployment.apps/web\ndeployment.apps/worker\n"),
        **{"set image deployment/worker": (1, "no such image")},
    )

    with pytest.raises(Refused, match="no such image"):
        fleet.replace_all(IMAGE)

    assert [line for line in cluster.told if "undo" in line] == [
        "rollout undo deployment/worker",
        "rollout undo deployment/web",
    ]


def test_a_migration_is_a_job_of_the_manifests_on_the_new_image(cluster, fleet):
    expand = next(one for one in manifests.render("gke") if one["metadata"]["name"] == "migrate-expand")
    done = {"status": {"conditions": [{"type": "Complete", "status": "True"}]}}
    cluster.says(
        **{
            "get cronjob/migrate-expand": (0, json.dumps(expand)),
            "get job/migrate-expand-": (0, json.dumps(done)),
        }
    )

    fleet.migrate("expand", IMAGE)

    created = json.loads((cluster.folder / "created").read_text())
    assert created["kind"] == "Job"
    container = created["spec"]["template"]["spec"]["containers"][0]
    assert (container["image"], container["args"]) == (IMAGE, ["migrate", "--expand"])


def test_a_migration_that_fails_says_what_it_said(cluster, fleet):
    failed = {"status": {"conditions": [{"type": "Failed", "status": "True"}]}}
    template = {"metadata": {"name": "migrate-expand", "namespace": "shop"}, "spec": _suspended()}
    cluster.says(
        **{
            "get cronjob": (0, json.dumps(template)),
            "get job/": (0, json.dumps(failed)),
            "logs": (0, "lock timeout"),
        }
    )

    with pytest.raises(Refused, match="lock timeout"):
        fleet.migrate("expand", IMAGE)


def test_the_job_is_valid_to_the_letter():
    expand = next(one for one in manifests.render("gke") if one["metadata"]["name"] == "migrate-expand")

    assert manifests.schema_problems(job_of(expand, IMAGE, at=1)) == []


def test_counts_come_from_prometheus_for_the_canary_and_for_the_others(fleet, prometheus):
    prometheus.values = {"canary": (812.3, 4.2), "others": (9_000.0, 0.0)}

    assert fleet.canary_counts() == Counts(812, 4)
    assert fleet.other_counts() == Counts(9_000, 0)


def test_a_release_that_answers_badly_is_taken_back_by_the_command(cluster, prometheus):
    prometheus.values = {"canary": (400.0, 80.0), "others": (9_000.0, 0.0)}

    done = CliRunner().invoke(
        main,
        [
            "--namespace=shop",
            f"--prometheus={prometheus.address}",
            f"--kubectl={cluster.kubectl[0]}",
            "to",
            IMAGE,
        ],
    )

    assert done.exit_code == 1
    assert "nobody else was touched" in done.output
    assert cluster.told[-1] == "scale deployment/web-canary --replicas=0"
    assert not any("deployment/web " in line for line in cluster.told)


class Prometheus(http.server.ThreadingHTTPServer):
    """Answers of the canary and of the others: all, and broken ones."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.values: dict[str, tuple[float, float]] = {}

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Prometheus

    def do_GET(self) -> None:
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)["query"][0]
        who = "others" if "pod!~" in query else "canary"
        value = self.server.values[who]["5.." in query]
        text = json.dumps({"data": {"result": [{"value": [0, str(value)]}]}}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def prometheus() -> Iterator[Prometheus]:
    with Prometheus() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    program = tmp_path / "kubectl"
    program.write_text(f"#!{sys.executable}\n" + KUBECTL.format(folder=str(tmp_path)))
    program.chmod(0o755)
    made = Cluster(tmp_path, [str(program)])
    made.says()
    return made


@pytest.fixture
def fleet(cluster: Cluster, prometheus: Prometheus) -> KubernetesFleet:
    return KubernetesFleet(kubectl=cluster.kubectl, namespace="shop", prometheus=prometheus.address)


def _suspended() -> dict[str, object]:
    return {"jobTemplate": {"spec": {"template": {"spec": {"containers": [{"name": "migrate"}]}}}}}
