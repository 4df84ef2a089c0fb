"""The autoscaler's least, read and changed by the API's own rules: merge patches on the version that was read."""

import json
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from aiohttp import web

from cabas import settings as settings_module
from cabas.connectors.scaler_kubernetes import BEFORE, KubernetesScaler
from cabas.domain.capacity.scaling import ScalerAway

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
PATH = "/apis/autoscaling/v2/namespaces/cabas/horizontalpodautoscalers/web"


async def test_the_least_is_raised_within_the_most_and_taken_back(api, scaler):
    assert await told(scaler) == (None, 3, 4)

    await want(scaler, 8)
    assert (api.least, await told(scaler)) == (8, (8, 3, 4))
    await want(scaler, 99)
    assert (api.least, await told(scaler)) == (24, (24, 3, 4))
    await want(scaler, None)
    await want(scaler, None)

    assert (api.least, await told(scaler)) == (3, (None, 3, 4))
    assert BEFORE not in api.object["metadata"]["annotations"]
    assert api.object["metadata"]["annotations"]["kept"] == "yes"
    assert api.patches == 3


async def test_what_somebody_else_changed_meanwhile_is_not_overwritten(api, scaler):
    api.between = True

    with pytest.raises(ScalerAway, match="409"):
        await want(scaler, 8)

    assert api.least == 5


async def test_a_refusal_a_stranger_and_silence_are_told_apart_from_an_answer(api, scaler, tmp_path):
    with pytest.raises(ScalerAway, match="no autoscaler other"):
        await scaler.want(name="other", processes=2, actor="test", now=NOW)
    (tmp_path / "token").write_text("stolen")
    with pytest.raises(ScalerAway, match="401"):
        await scaler.units(now=NOW)
    with pytest.raises(ScalerAway):
        await KubernetesScaler("http://127.0.0.1:1", "web", account=tmp_path).units(now=NOW)
    with pytest.raises(ScalerAway, match="FileNotFoundError"):
        await KubernetesScaler("http://127.0.0.1:1", "web", account=tmp_path / "no").units(now=NOW)


def test_it_is_chosen_by_name_inside_a_cluster(tmp_path):
    pod = {
        "CABAS_DATA": str(tmp_path),
        "KUBERNETES_SERVICE_HOST": "fd00::1",
        "KUBERNETES_SERVICE_PORT": "6443",
    }

    found = settings_module.load({**pod, "CABAS_SCALER": "kubernetes:web"}).autoscaler

    assert found == settings_module.Autoscaler(name="web", api="https://[fd00::1]:6443")
    assert settings_module.load(pod).autoscaler is None
    with pytest.raises(settings_module.BadSetting, match="kubernetes:NAME"):
        settings_module.load({**pod, "CABAS_SCALER": "kubernetes:../x"})
    with pytest.raises(settings_module.BadSetting, match="no pod"):
        settings_module.load({"CABAS_DATA": str(tmp_path), "CABAS_SCALER": "kubernetes:web"})


class Api:
    """Answers as the API server does: shapes of autoscaling/v2, RFC 7386, 409 for a version of before."""

    def __init__(self) -> None:
        self.object = {
            "apiVersion": "autoscaling/v2",
            "kind": "HorizontalPodAutoscaler",
            "metadata": {
                "name": "web",
                "namespace": "cabas",
                "resourceVersion": "41",
                "annotations": {"kept": "yes"},
            },
            "spec": {"minReplicas": 3, "maxReplicas": 24},
            "status": {"currentReplicas": 4, "desiredReplicas": 4},
        }
        self.patches = 0
        self.between = False

    @property
    def least(self) -> int:
        return self.object["spec"]["minReplicas"]

    async def answer(self, request: web.Request) -> web.Response:
        if request.headers["authorization"] != "Bearer secret":
            return web.json_response({"kind": "Status", "code": 401}, status=401)
        if request.method == "PATCH":
            assert request.content_type == "application/merge-patch+json"
            patch = json.loads(await request.text())
            if self.between:
                self._change(5)
            if patch["metadata"].pop("resourceVersion") != self.object["metadata"]["resourceVersion"]:
                return web.json_response({"kind": "Status", "code": 409}, status=409)
            _merge(self.object, patch)
            self._change(self.least)
            self.patches += 1
        return web.json_response(self.object)

    def _change(self, least: int) -> None:
        self.object["spec"]["minReplicas"] = least
        self.object["metadata"]["resourceVersion"] = str(int(self.object["metadata"]["resourceVersion"]) + 1)


def _merge(target: dict, patch: dict) -> None:
    for name, value in patch.items():
        if value is None:
            target.pop(name, None)
        elif isinstance(value, dict):
            _merge(target.setdefault(name, {}), value)
        else:
            target[name] = value


async def told(scaler):
    [unit] = await scaler.units(now=NOW)
    return unit.wanted, unit.started_with, unit.running


async def want(scaler, processes):
    await scaler.want(name="web", processes=processes, actor="test", now=NOW)


@pytest_asyncio.fixture
async def api():
    return Api()


@pytest_asyncio.fixture
async def scaler(api, tmp_path):
    (tmp_path / "token").write_text("secret\n")
    (tmp_path / "namespace").write_text("cabas\n")
    app = web.Application()
    app.router.add_route("*", PATH, api.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    yield KubernetesScaler(f"http://127.0.0.1:{port}", "web", account=tmp_path)
    await runner.cleanup()
