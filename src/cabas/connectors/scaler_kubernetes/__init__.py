"""
On Kubernetes each pod is one web process, and an autoscaler decides how many there are: what is wanted is the least it
may go to, never above the most it may grow to. What it was before is kept in an annotation, to be taken back.

It asks the API with the pod's own account, which may read and change that one autoscaler
(deploy/kubernetes/components/scaler).
"""

import json
import ssl
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp

from cabas.domain.capacity.scaling import ScalerAway, Unit

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
BEFORE = "cabas/least-before"
ANSWER_SECONDS = 5.0
ANSWER_BYTES_MAX = 1_000_000


class KubernetesScaler:
    """:param account: the folder with ``token``, ``namespace`` and ``ca.crt``; the token is renewed there."""

    def __init__(self, api: str, autoscaler: str, *, account: Path = ACCOUNT) -> None:
        self._api, self._autoscaler, self._account = api.rstrip("/"), autoscaler, account

    async def units(self, *, now: datetime) -> list[Unit]:
        """:raises ScalerAway: the API didn't answer, or refused."""
        found = await self._call("GET")
        least = found["spec"].get("minReplicas", 1)
        before = _before(found)
        return [
            Unit(
                name=self._autoscaler,
                wanted=None if before is None else least,
                started_with=least if before is None else before,
                running=found.get("status", {}).get("currentReplicas", 0),
                draining=0,
                most=found["spec"]["maxReplicas"],
                seen_at=now,
            )
        ]

    async def want(self, *, name: str, processes: int | None, actor: str, now: datetime) -> None:
        """
        :raises ScalerAway: likewise, or somebody changed it meanwhile.
        """
        if name != self._autoscaler:
            raise ScalerAway(f"there is no autoscaler {name}")
        found = await self._call("GET")
        least, most = found["spec"].get("minReplicas", 1), found["spec"]["maxReplicas"]
        before = _before(found)
        if processes is None:
            if before is None:
                return
            least, note = before, None
        else:
            note = str(least if before is None else before)
            least = max(1, min(processes, most))
        await self._call(
            "PATCH",
            {
                "metadata": {
                    "resourceVersion": found["metadata"]["resourceVersion"],
                    "annotations": {BEFORE: note},
                },
                "spec": {"minReplicas": least},
            },
        )

    async def _call(self, method: str, patch: dict[str, Any] | None = None) -> dict[str, Any]:
        try:
            namespace = (self._account / "namespace").read_text().strip()
            headers = {
                "authorization": f"Bearer {(self._account / 'token').read_text().strip()}",
                "accept": "application/json",
                "content-type": "application/merge-patch+json",
            }
            url = (
                f"{self._api}/apis/autoscaling/v2/namespaces/{quote(namespace, safe='')}"
                f"/horizontalpodautoscalers/{quote(self._autoscaler, safe='')}"
            )
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS)) as session,
                session.request(
                    method,
                    url,
                    headers=headers,
                    data=json.dumps(patch) if patch else None,
                    ssl=self._trust(),
                    allow_redirects=False,
                ) as answer,
            ):
                text = await answer.content.read(ANSWER_BYTES_MAX)
                if answer.status != 200:
                    raise ScalerAway(f"{method}: {answer.status}")
            found: dict[str, Any] = json.loads(text)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as problem:
            raise ScalerAway(type(problem).__name__) from problem
        return found

    def _trust(self) -> ssl.SSLContext | bool:
        authority = self._account / "ca.crt"
        return ssl.create_default_context(cafile=str(authority)) if authority.is_file() else True


def _before(found: dict[str, Any]) -> int | None:
    """What the least was before anything was wanted; None: nothing is."""
    noted = (found["metadata"].get("annotations") or {}).get(BEFORE, "")
    return int(noted) if noted.isdigit() else None
