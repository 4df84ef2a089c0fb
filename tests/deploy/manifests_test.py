"""What Kubernetes is told: rendered by kustomize, valid to the letter, and by the house's rules."""

import copy
import http.server
import json
import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tools import manifests
from tools.manifests import findings, pods, render

NEWEST = manifests.VERSIONS[-1:]
"""`make manifests` takes the oldest, too; each costs seconds."""
OVERLAYS = sorted(folder.name for folder in manifests.OVERLAYS.iterdir())


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_an_overlay_renders_to_what_kubernetes_accepts_and_the_house_allows(overlay):
    assert findings(render(overlay), overlay=overlay, versions=NEWEST) == []


def test_head_offices_page_may_change_one_autoscaler_where_the_component_is_chosen(tmp_path):
    parts = {"resources": "overlays/laptop", "components": "components/scaler"}
    lines = [
        f"{kind}: [{os.path.relpath(manifests.OVERLAYS.parent / path, tmp_path)}]"
        for kind, path in parts.items()
    ]
    (tmp_path / "kustomization.yaml").write_text("\n".join(lines))

    objects = render(str(tmp_path))

    assert findings(objects, overlay="laptop", versions=NEWEST) == []
    web = next(pod["spec"] for name, pod in pods(objects) if name == "Deployment web")
    assert web["serviceAccountName"] == "web-scaler"
    assert {"name": "CABAS_SCALER", "value": "kubernetes:web"} in web["containers"][0]["env"]
    role = next(one for one in objects if one["kind"] == "Role" and one["metadata"]["name"] == "web-scaler")
    assert [rule["resourceNames"] for rule in role["rules"]] == [["web"]]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda pod: pod["spec"].pop("securityContext"), "other than root"),
        (lambda pod: pod["spec"].update(hostNetwork=True), "shares nothing"),
        (lambda pod: pod["spec"].update(serviceAccountName="who"), "no ServiceAccount who"),
        (lambda pod: _first(pod).update(image="cabas:latest"), "which one"),
        (lambda pod: _first(pod)["securityContext"].update(readOnlyRootFilesystem=False), "own file system"),
        (lambda pod: _first(pod)["securityContext"].pop("capabilities"), "keeps capabilities"),
        (lambda pod: _first(pod).pop("resources"), "what it needs"),
        (lambda pod: _first(pod).pop("readinessProbe"), "ready and alive"),
        (lambda pod: _first(pod).update(readynessProbe={}), "readynessProbe"),
        (
            lambda pod: _first(pod)["env"].append({"name": "CABAS_SECRET_KEY", "value": "x"}),
            "in the manifest",
        ),
    ],
)
def test_what_is_wrong_is_found(production, spoil, said):
    spoiled = copy.deepcopy(production)
    spoil(next(pod for name, pod in pods(spoiled) if name == "Deployment web"))

    assert any(said in line for line in findings(spoiled, overlay="gke", versions=NEWEST))


def test_wide_rights_are_found(production):
    spoiled = copy.deepcopy(production)
    next(one for one in spoiled if one["kind"] == "Role")["rules"][0]["verbs"] = ["*"]

    assert any("rights must name" in line for line in findings(spoiled, overlay="gke", versions=NEWEST))


def test_a_pod_is_given_the_time_that_draining_takes(production):
    config = next(
        one for one in production if one["kind"] == "ConfigMap" and "CABAS_DRAIN_SECONDS" in one["data"]
    )
    drain = int(config["data"]["CABAS_DRAIN_SECONDS"])
    graces = {
        name: pod["spec"].get("terminationGracePeriodSeconds", 30)
        for name, pod in pods(production)
        if name.startswith("Deployment")
    }

    assert {name for name, grace in graces.items() if grace < drain + 15} == set()


def test_the_peaks_that_are_known_are_prepared_for(production):
    jobs = {one["metadata"]["name"]: one["spec"] for one in production if one["kind"] == "CronJob"}
    scaler = next(
        one["spec"]
        for one in production
        if one["kind"] == "HorizontalPodAutoscaler" and one["metadata"]["name"] == "web"
    )
    for name in ("prescale-midnight", "prescale-thursday"):
        command = jobs[name]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]["command"]
        assert scaler["minReplicas"] < int(command[-1]) <= scaler["maxReplicas"]
        assert jobs[name]["timeZone"] == "Europe/Paris"
    assert re.fullmatch(r"\d+ 23 \* \* \*", jobs["prescale-midnight"]["schedule"])
    assert jobs["prescale-thursday"]["schedule"].endswith("* * 4")


def test_pre_scaling_changes_the_one_bound_and_never_beyond_what_may_be(kubernetes, prescale, capsys):
    kubernetes.scaler = {"minReplicas": 3, "maxReplicas": 8}

    prescale.main("web", 24)

    assert [(method, path) for method, path, _ in kubernetes.asked] == [
        ("GET", "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers/web"),
        ("PATCH", "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers/web"),
    ]
    assert json.loads(kubernetes.asked[1][2]) == {"spec": {"minReplicas": 8}}
    assert kubernetes.tokens == {"Bearer a-token"}
    assert capsys.readouterr().out == "web: at least 8 (was 3)\n"


def test_pre_scaling_that_is_refused_fails_its_job(kubernetes, prescale):
    kubernetes.status = 403

    with pytest.raises(SystemExit, match="403"):
        prescale.main("web", 5)


class Kubernetes(http.server.ThreadingHTTPServer):
    """As much of its API as one autoscaler."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.scaler: dict[str, int] = {"minReplicas": 1, "maxReplicas": 1}
        self.status = 200
        self.asked: list[tuple[str, str, str]] = []
        self.tokens: set[str] = set()


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Kubernetes

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
        self.server.asked.append((self.command, self.path, body))
        self.server.tokens.add(self.headers["authorization"])
        text = json.dumps({"spec": self.server.scaler}).encode()
        self.send_response(self.server.status)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_PATCH = do_GET  # noqa: N815 - the name http.server looks for

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def kubernetes() -> Iterator[Kubernetes]:
    with Kubernetes() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def prescale(kubernetes: Kubernetes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The program as it lies in its ConfigMap, over plain HTTP."""
    (tmp_path / "namespace").write_text("shop")
    (tmp_path / "token").write_text("a-token")
    module: dict[str, object] = {"__name__": "prescale"}
    source = manifests.ROOT / "deploy/kubernetes/base/prescale.py"
    exec(compile(source.read_text(), str(source), "exec"), module)  # noqa: S102 - our own file
    module["ACCOUNT"] = tmp_path
    module["connect"] = lambda: http.client.HTTPConnection(*kubernetes.server_address, timeout=10)
    return type("Prescale", (), {"main": staticmethod(module["main"])})


@pytest.fixture(scope="module")
def production() -> list[manifests.Object]:
    return render("gke")


def _first(pod: manifests.Object) -> manifests.Object:
    return pod["spec"]["containers"][0]
