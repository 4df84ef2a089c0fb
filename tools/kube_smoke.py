"""
Starts the pods of the laptop overlay with `podman play kube`, from the same YAML through the small transformation
below, on a database of this machine, and asks them what Kubernetes would ask.

Usage: python tools/kube_smoke.py [IMAGE]
"""

import base64
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from bench.ground import free_port, seeded
from tools.manifests import OUT, Object, render

PLAYED = ("ConfigMap", "Deployment")
READY_SECONDS = 120
HOST = "127.0.0.1"


def playable(objects: list[Object], *, image: str, database: str, ports: dict[str, int]) -> list[Object]:
    """
    What podman 4 can play of it: Deployments with their ConfigMaps. All share the machine's network, so
    that a Service's name becomes an address here; what only a scheduler, a kubelet or a registry needs goes.

    :param ports: of ``web`` and ``edge`` on this machine.
    """
    named = {"web:8000": f"{HOST}:{ports['web']}"}
    secrets = {one["metadata"]["name"]: _opened(one) for one in objects if one["kind"] == "Secret"}
    kept = []
    for one in objects:
        if (
            one["kind"] not in PLAYED
            or one["metadata"]["name"] == "bridge"
            or one.get("spec", {}).get("replicas") == 0
        ):
            continue
        if one["kind"] == "Deployment":
            spec = one["spec"]["template"]["spec"]
            spec["hostNetwork"] = True
            for name in ("serviceAccountName", "automountServiceAccountToken", "topologySpreadConstraints"):
                spec.pop(name, None)
            for container in spec["containers"]:
                _adapt(container, image=image, named=named, ports=ports, secrets=secrets)
                _say(container, "CABAS_DATABASE_URL", database)
        one["metadata"].pop("namespace", None)
        kept.append(one)
    return kept


def _adapt(
    container: dict[str, Any],
    *,
    image: str,
    named: dict[str, str],
    ports: dict[str, int],
    secrets: dict[str, dict[str, str]],
) -> None:
    container["image"], container["imagePullPolicy"] = image, "Never"
    # Ports would be published, probes run by a systemd that need not be here: they are asked from outside.
    for name in ("ports", "startupProbe", "readinessProbe", "livenessProbe"):
        container.pop(name, None)
    # This podman's secrets have another form: those of a laptop are none, and are said as they are.
    for source in list(container.get("envFrom", [])):
        if "secretRef" in source:
            container["envFrom"].remove(source)
            for name, value in secrets[source["secretRef"]["name"]].items():
                _say(container, name, value)
    for variable in container.get("env", []):
        if "value" in variable:
            variable["value"] = named.get(variable["value"], variable["value"])
    _say(container, "CABAS_HOST", HOST)
    _say(container, "CABAS_PORT", str(ports["web"]))
    _say(container, "CABAS_EDGE_LISTEN", f"{HOST}:{ports['edge']}")


def _say(container: dict[str, Any], name: str, value: str) -> None:
    others = [one for one in container.get("env", []) if one["name"] != name]
    container["env"] = [*others, {"name": name, "value": value}]


def _opened(secret: Object) -> dict[str, str]:
    return {name: base64.b64decode(value).decode() for name, value in secret["data"].items()}


@contextmanager
def played(path: Path) -> Iterator[None]:
    _podman("play", "kube", "--network=host", str(path))
    try:
        yield
    finally:
        _podman("play", "kube", "--down", str(path))


def main() -> None:
    image = sys.argv[1] if len(sys.argv) > 1 else "localhost/cabas:latest"
    ports = {"web": free_port(), "edge": free_port()}
    with seeded("demo") as ground:
        objects = playable(render("laptop"), image=image, database=ground.url, ports=ports)
        OUT.mkdir(parents=True, exist_ok=True)
        path = OUT / "laptop.play.yaml"
        path.write_text(yaml.safe_dump_all(objects, sort_keys=False))
        with played(path):
            edge, web = f"http://{HOST}:{ports['edge']}", f"http://{HOST}:{ports['web']}"
            _until("web is ready", lambda: _get(f"{web}/readyz") == 200)
            _until("the worker wrote the waiting room", lambda: _get(f"{edge}/salle/serving.json") == 200)
            _until("the shop answers through the edge", lambda: _get(f"{edge}/magasins") == 200)
            _until("figures stay inside", lambda: _get(f"{edge}/metrics") == 404)
            users = _podman("ps", "--quiet", "--filter=name=pod").split()
            print(f"{len(users)} containers")
    print("the pods of the laptop overlay run")


def _until(what: str, done: Callable[[], bool]) -> None:
    started = time.monotonic()
    while not done():
        if time.monotonic() - started > READY_SECONDS:
            raise SystemExit(f"never: {what}")
        time.sleep(0.2)
    print(f"{what}: {time.monotonic() - started:.1f} s")


def _get(address: str) -> int:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 - our own address
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code
    except OSError:
        return 0


def _podman(*arguments: str) -> str:
    done = subprocess.run(["podman", *arguments], capture_output=True, text=True, check=False)  # noqa: S607
    if done.returncode:
        raise SystemExit(f"podman {' '.join(arguments[:2])}: {done.stderr.strip()[-2000:]}")
    return done.stdout


if __name__ == "__main__":
    main()
