"""
Sets how few replicas an autoscaler may go to, never above what it may grow to.

Usage, inside the cluster: python prescale.py AUTOSCALER REPLICAS
"""

import http.client
import json
import os
import ssl
import sys
from pathlib import Path

ACCOUNT = Path(os.environ.get("PRESCALE_ACCOUNT", "/var/run/secrets/kubernetes.io/serviceaccount"))
ANSWER_SECONDS = 10


def connect() -> http.client.HTTPSConnection:
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], int(os.environ["KUBERNETES_SERVICE_PORT"])
    context = ssl.create_default_context(cafile=str(ACCOUNT / "ca.crt"))
    return http.client.HTTPSConnection(host, port, timeout=ANSWER_SECONDS, context=context)


def call(method: str, path: str, body: "dict[str, object] | None" = None) -> "dict[str, dict[str, int]]":
    connection = connect()
    headers = {
        "authorization": f"Bearer {(ACCOUNT / 'token').read_text()}",
        "content-type": "application/merge-patch+json",
        "accept": "application/json",
    }
    connection.request(method, path, body=json.dumps(body) if body else None, headers=headers)
    answer = connection.getresponse()
    text = answer.read()
    if answer.status != http.client.OK:
        raise SystemExit(f"{method} {path}: {answer.status} {text[:300]!r}")
    found: dict[str, dict[str, int]] = json.loads(text)
    return found


def main(autoscaler: str, wanted: int) -> None:
    namespace = (ACCOUNT / "namespace").read_text()
    path = f"/apis/autoscaling/v2/namespaces/{namespace}/horizontalpodautoscalers/{autoscaler}"
    now = call("GET", path)["spec"]
    low = max(1, min(wanted, now["maxReplicas"]))
    call("PATCH", path, {"spec": {"minReplicas": low}})
    print(f"{autoscaler}: at least {low} (was {now.get('minReplicas', 1)})")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
