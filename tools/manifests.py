"""
Renders every overlay of deploy/kubernetes into dist/manifests, validates it strictly against Kubernetes' schemas and
holds it against the house's rules; exits 1 with what is wrong.

Usage: python tools/manifests.py [OVERLAY…]
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate
import yaml

ROOT = Path(__file__).parent.parent
OVERLAYS = ROOT / "deploy" / "kubernetes" / "overlays"
OUT = ROOT / "dist" / "manifests"
VERSIONS = ("1.33", "1.37")
"""Oldest and newest Kubernetes that are validated for."""

FOREIGN: dict[str, tuple[str, ...]] = {
    "external-secrets.io/v1/ExternalSecret": ("secretStoreRef", "target"),
    "external-secrets.io/v1/SecretStore": ("provider",),
    "gateway.networking.k8s.io/v1/Gateway": ("gatewayClassName", "listeners"),
    "gateway.networking.k8s.io/v1/HTTPRoute": ("parentRefs", "rules"),
    "monitoring.googleapis.com/v1/PodMonitoring": ("selector", "endpoints"),
    "monitoring.googleapis.com/v1/Rules": ("groups",),
    "networking.gke.io/v1/GCPBackendPolicy": ("targetRef", "default"),
    "networking.gke.io/v1/HealthCheckPolicy": ("targetRef", "default"),
    "postgresql.cnpg.io/v1/Cluster": ("instances", "storage"),
    "postgresql.cnpg.io/v1/ScheduledBackup": ("schedule", "cluster"),
    "barmancloud.cnpg.io/v1/ObjectStore": ("configuration",),
}
"""Kinds of operators, whose schemas aren't Kubernetes' own: these are known, with what each must say."""

TALKS_TO_KUBERNETES = {"prescale", "web-scaler"}
FOR_ONE_MACHINE = {"laptop"}
Object = dict[str, Any]


def render(overlay: str) -> list[Object]:
    """:raises SystemExit: kustomize refuses it."""
    kubectl = ROOT / ".venv" / "bin" / "kubectl"
    program = str(kubectl) if kubectl.exists() else shutil.which("kubectl") or "kubectl"
    done = subprocess.run(
        [program, "kustomize", str(OVERLAYS / overlay)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{overlay}: {done.stderr.strip()}")
    return [one for one in yaml.safe_load_all(done.stdout) if one]


def findings(objects: Sequence[Object], *, overlay: str, versions: Sequence[str] = VERSIONS) -> list[str]:
    """What is wrong, one line each."""
    found = [line for one in objects for line in _schema(one, versions)]
    for name, pod in pods(objects):
        found += [f"{name}: {line}" for line in _pod(pod, overlay=overlay)]
    return [*found, *_references(objects), *_disruption(objects), *_network(objects), *_rights(objects)]


def pods(objects: Sequence[Object]) -> Iterator[tuple[str, Object]]:
    """Each pod template, by its owner's name."""
    for one in objects:
        spec = one.get("spec", {})
        if one["kind"] == "CronJob":
            spec = spec["jobTemplate"]["spec"]
        if "template" in spec and one["kind"] in ("Deployment", "StatefulSet", "CronJob", "Job"):
            yield _name(one), spec["template"]


def schema_problems(one: Object) -> list[str]:
    """What the schema of the newest Kubernetes says against one object."""
    return list(_schema(one, VERSIONS[-1:]))


def _schema(one: Object, versions: Sequence[str]) -> Iterator[str]:
    kind = f"{one['apiVersion']}/{one['kind']}"
    if kind in FOREIGN:
        yield from (f"{_name(one)}: {key} is missing" for key in FOREIGN[kind] if key not in one["spec"])
        return
    for version in versions:
        yield from (f"{_name(one)}: {line}" for line in _problems(json.dumps(one), version))


@cache  # overlays share most of what they hold, and each look reads megabytes of schemas
def _problems(text: str, version: str) -> tuple[str, ...]:
    one = json.loads(text)
    try:
        kubernetes_validate.validate(one, version, strict=True)
    except kubernetes_validate.ValidationError as problem:
        return (f"{'.'.join(map(str, problem.path))}: {problem.message} (Kubernetes {version})",)
    except (kubernetes_validate.SchemaNotFoundError, kubernetes_validate.InvalidSchemaError):
        return (f"Kubernetes {version} knows no {one['apiVersion']}/{one['kind']}",)
    return ()


def _pod(template: Object, *, overlay: str) -> Iterator[str]:
    spec = template["spec"]
    secured = spec.get("securityContext", {})
    if not secured.get("runAsNonRoot") or secured.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        yield "must run as somebody other than root, with the default seccomp profile"
    account = spec.get("serviceAccountName", "default")
    if spec.get("automountServiceAccountToken") is not (account in TALKS_TO_KUBERNETES):
        yield "only what talks to Kubernetes gets a token for it"
    if any(spec.get(key) for key in ("hostNetwork", "hostPID", "hostIPC")):
        yield "shares nothing with its machine"
    volumes = {volume["name"]: volume for volume in spec.get("volumes", [])}
    for volume in volumes.values():
        if "hostPath" in volume:
            yield f"mounts the machine's {volume['name']}"
        if "emptyDir" in volume and "sizeLimit" not in volume["emptyDir"]:
            yield f"{volume['name']} may fill the machine's disk"
    for container in [*spec.get("initContainers", []), *spec["containers"]]:
        yield from (f"{container['name']}: {line}" for line in _container(container, overlay=overlay))


def _container(container: Object, *, overlay: str) -> Iterator[str]:
    secured = container.get("securityContext", {})
    if secured.get("allowPrivilegeEscalation") is not False or secured.get("privileged"):
        yield "may gain rights"
    if secured.get("readOnlyRootFilesystem") is not True:
        yield "may write to its own file system"
    if secured.get("capabilities") != {"drop": ["ALL"]}:
        yield "keeps capabilities"
    resources = container.get("resources", {})
    if set(resources.get("requests", {})) != {"cpu", "memory"} or "memory" not in resources.get("limits", {}):
        yield "must say what it needs (cpu, memory) and how much memory it may take"
    if container.get("ports") and not {"readinessProbe", "livenessProbe"} <= container.keys():
        yield "listens and can't be asked whether it is ready and alive"
    image = container["image"]
    if overlay not in FOR_ONE_MACHINE and (":" not in image.rpartition("/")[2] or image.endswith(":latest")):
        yield f"{image}: which one?"
    for variable in container.get("env", []):
        if "value" in variable and any(word in variable["name"] for word in ("SECRET", "PASSWORD", "_KEY")):
            yield f"{variable['name']} is written in the manifest"


def _references(objects: Sequence[Object]) -> Iterator[str]:
    """What is named must be there, or be written by an operator."""
    there = {(one["kind"], one["metadata"]["name"]) for one in objects}
    there |= {("Secret", one["spec"]["target"]["name"]) for one in objects if one["kind"] == "ExternalSecret"}
    if ("Cluster", "cabas-database") in there:
        there.add(("Secret", "cabas-database-app"))
    for name, template in pods(objects):
        for kind, wanted in _named(template["spec"]):
            if (kind, wanted) not in there:
                yield f"{name}: there is no {kind} {wanted}"
    for one in objects:
        if one["kind"] == "HorizontalPodAutoscaler":
            target = one["spec"]["scaleTargetRef"]
            if (target["kind"], target["name"]) not in there:
                yield f"{_name(one)}: there is no {target['name']}"
    labels = [template["metadata"]["labels"] for _, template in pods(objects)]
    for one in objects:
        if one["kind"] == "Service" and not any(
            one["spec"]["selector"].items() <= got.items() for got in labels
        ):
            yield f"{_name(one)}: serves no pod"


def _named(spec: Object) -> Iterator[tuple[str, str]]:
    if "serviceAccountName" in spec:
        yield "ServiceAccount", spec["serviceAccountName"]
    for container in spec["containers"]:
        for source in container.get("envFrom", []):
            for key, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
                if key in source:
                    yield kind, source[key]["name"]
        for variable in container.get("env", []):
            if "secretKeyRef" in variable.get("valueFrom", {}):
                yield "Secret", variable["valueFrom"]["secretKeyRef"]["name"]
    for volume in spec.get("volumes", []):
        if "configMap" in volume:
            yield "ConfigMap", volume["configMap"]["name"]
        if "secret" in volume:
            yield "Secret", volume["secret"]["secretName"]


def _disruption(objects: Sequence[Object]) -> Iterator[str]:
    kept = [one["spec"]["selector"]["matchLabels"] for one in objects if one["kind"] == "PodDisruptionBudget"]
    for one in objects:
        if one["kind"] == "Deployment" and one["spec"].get("replicas") != 0:
            labels = one["spec"]["template"]["metadata"]["labels"]
            if not any(selector.items() <= labels.items() for selector in kept):
                yield f"{_name(one)}: may be evicted all at once"


def _network(objects: Sequence[Object]) -> Iterator[str]:
    policies = [one["spec"] for one in objects if one["kind"] == "NetworkPolicy"]
    closed = [
        one
        for one in policies
        if one["podSelector"] == {} and not one.get("ingress") and not one.get("egress")
    ]
    if not any(set(one["policyTypes"]) == {"Ingress", "Egress"} for one in closed):
        yield "NetworkPolicy: what isn't allowed must be refused, both ways"


def _rights(objects: Sequence[Object]) -> Iterator[str]:
    for one in objects:
        if one["kind"] in ("ClusterRole", "ClusterRoleBinding"):
            yield f"{_name(one)}: rights over the whole cluster"
        for rule in one.get("rules", []) if one["kind"] == "Role" else []:
            said = [*rule["verbs"], *rule.get("resources", []), *rule.get("apiGroups", [])]
            if "*" in said or not rule.get("resourceNames") or "secrets" in rule.get("resources", []):
                yield f"{_name(one)}: rights must name what they are for, and never be over secrets"


def _name(one: Object) -> str:
    return f"{one['kind']} {one['metadata']['name']}"


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    wrong = 0
    for overlay in sys.argv[1:] or sorted(folder.name for folder in OVERLAYS.iterdir()):
        objects = render(overlay)
        (OUT / f"{overlay}.yaml").write_text(yaml.safe_dump_all(objects, sort_keys=False, allow_unicode=True))
        found = findings(objects, overlay=overlay)
        wrong += len(found)
        print(f"{overlay}: {len(objects)} objects, {len(found)} findings → dist/manifests/{overlay}.yaml")
        print("\n".join(f"  {line}" for line in found), end="\n" if found else "")
    raise SystemExit(1 if wrong else 0)


if __name__ == "__main__":
    main()
