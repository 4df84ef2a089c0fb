"""The same manifests, as podman can play them: what is changed is little, and said here."""

import pytest
from tools import manifests
from tools.kube_smoke import playable

IMAGE = "localhost/cabas:test"
DATABASE = "postgresql://cabas@127.0.0.1:55432/cabas"


def test_one_pod_of_each_role_with_what_it_was_given(played):
    pods = {one["metadata"]["name"]: one["spec"]["template"]["spec"] for one in _of(played, "Deployment")}

    assert pods.keys() == {"web", "worker", "edge"}
    for pod in pods.values():
        for container in pod["containers"]:
            given = {one["name"]: one.get("value") for one in container["env"]}
            assert container["image"] == IMAGE
            assert given["CABAS_DATABASE_URL"] == DATABASE
            assert not {"ports", "readinessProbe", "livenessProbe", "startupProbe"} & container.keys()
    edge = {one["name"]: one.get("value") for one in pods["edge"]["containers"][0]["env"]}
    assert edge["CABAS_UPSTREAM"] == "127.0.0.1:8101"
    assert edge["CABAS_EDGE_LISTEN"] == "127.0.0.1:8102"


def test_what_locks_a_pod_up_stays(played):
    for deployment in _of(played, "Deployment"):
        pod = deployment["spec"]["template"]["spec"]
        assert pod["securityContext"]["runAsUser"] == 10001
        for container in pod["containers"]:
            assert container["securityContext"]["readOnlyRootFilesystem"] is True
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


@pytest.fixture
def played() -> list[manifests.Object]:
    rendered = manifests.render("laptop")
    return playable(rendered, image=IMAGE, database=DATABASE, ports={"web": 8101, "edge": 8102})


def _of(objects: list[manifests.Object], kind: str) -> list[manifests.Object]:
    return [one for one in objects if one["kind"] == kind]
