"""
A fleet on Kubernetes, by kubectl; what its processes answered, by Prometheus.

The canary is a Deployment of its own (``web-canary``) behind the same Service, so it gets its share of the traffic.
Readiness, draining and one after another are what the manifests say (deploy/kubernetes/base).
"""

import json
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Sequence
from typing import Any

import msgspec

from deploy.rollout.plan import Counts

READY_SECONDS = 600
MIGRATION_SECONDS = 3600
ANSWER_SECONDS = 15
ROLES: dict[str, tuple[str, ...]] = {
    "deployment/web": ("web",),
    "deployment/worker": ("worker",),
    "deployment/edge": ("nginx", "worker"),
    "statefulset/bridge": ("bridge",),
}
"""In this order, each with its containers. An installation need not have all of them."""

_FIGURE = "http_server_request_duration_seconds_count"
ANSWERED = "sum(increase(" + _FIGURE + "{{{who}}}[{seconds}s]))"
BROKEN = "sum(increase(" + _FIGURE + '{{{who},http_response_status_code=~"5.."}}[{seconds}s]))'
WHO = {"canary": 'pod=~"web-canary-.*"', "others": 'pod=~"web-.*",pod!~"web-canary-.*"'}


class Refused(SystemExit):
    """kubectl or Prometheus said no; the message is theirs."""


class KubernetesFleet:
    """:param prometheus: the address of its HTTP API, ``http://…:9090``."""

    def __init__(self, *, kubectl: Sequence[str], namespace: str, prometheus: str) -> None:
        self._kubectl = [*kubectl, "--namespace", namespace]
        self._prometheus = prometheus.rstrip("/")
        self._since = 0.0

    def start_canary(self, release: str) -> None:
        self._run("set", "image", "deployment/web-canary", f"web={release}")
        self._run("scale", "deployment/web-canary", "--replicas=1")
        self._settled("deployment/web-canary")
        self._since = time.monotonic()

    def canary_counts(self) -> Counts:
        return self._counts(WHO["canary"])

    def other_counts(self) -> Counts:
        return self._counts(WHO["others"])

    def drop_canary(self) -> None:
        self._run("scale", "deployment/web-canary", "--replicas=0")

    def replace_all(self, release: str) -> None:
        """:raises Refused: one doesn't come up; all that was touched is back on its former image by then."""
        touched: list[str] = []
        there = self._run("get", "deployments,statefulsets", "--output=name").replace(".apps/", "/").split()
        try:
            for role, containers in ROLES.items():
                if role in there:
                    touched.append(role)
                    self._run("set", "image", role, *(f"{container}={release}" for container in containers))
                    self._settled(role)
        except Refused:
            for role in reversed(touched):
                self._run("rollout", "undo", role)
                self._settled(role)
            raise
        finally:
            self.drop_canary()

    def migrate(self, step: str, release: str) -> None:
        """
        Run ``migrate-expand`` or ``migrate-contract`` of the manifests, with this image, to its end.

        :raises Refused: it failed, or took longer than `MIGRATION_SECONDS`.
        """
        template = json.loads(self._run("get", f"cronjob/migrate-{step}", "--output=json"))
        job = job_of(template, release, at=int(time.time()))
        name = job["metadata"]["name"]
        self._run("create", "--filename=-", given=json.dumps(job))
        deadline = time.monotonic() + MIGRATION_SECONDS
        while time.monotonic() < deadline:
            status = json.loads(self._run("get", f"job/{name}", "--output=json")).get("status", {})
            done = {one["type"] for one in status.get("conditions", []) if one["status"] == "True"}
            if "Complete" in done:
                return
            if "Failed" in done:
                raise Refused(f"{name} failed:\n{self._run('logs', f'job/{name}', '--tail=30')}")
            time.sleep(2)
        raise Refused(f"{name} is not done after {MIGRATION_SECONDS} s")

    def _settled(self, role: str) -> None:
        self._run("rollout", "status", role, f"--timeout={READY_SECONDS}s")

    def _counts(self, who: str) -> Counts:
        seconds = max(int(time.monotonic() - self._since), 30)
        return Counts(
            self._ask(ANSWERED.format(who=who, seconds=seconds)),
            self._ask(BROKEN.format(who=who, seconds=seconds)),
        )

    def _ask(self, query: str) -> int:
        address = f"{self._prometheus}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
        try:
            with urllib.request.urlopen(address, timeout=ANSWER_SECONDS) as answer:  # noqa: S310 - as configured
                found = msgspec.json.decode(answer.read(), type=dict[str, Any])
        except OSError as problem:
            raise Refused(f"{self._prometheus}: {problem}") from problem
        result = found["data"]["result"]
        return round(float(result[0]["value"][1])) if result else 0

    def _run(self, *arguments: str, given: str | None = None) -> str:
        done = subprocess.run(
            [*self._kubectl, *arguments], input=given, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise Refused(f"kubectl {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout


def job_of(cron_job: dict[str, Any], release: str, *, at: int) -> dict[str, Any]:
    """A Job as the suspended CronJob describes it, on this image."""
    metadata, spec = cron_job["metadata"], cron_job["spec"]["jobTemplate"]["spec"]
    for container in spec["template"]["spec"]["containers"]:
        container["image"] = release
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": f"{metadata['name']}-{at}",
            "namespace": metadata["namespace"],
            "labels": metadata.get("labels", {}),
        },
        "spec": spec,
    }
