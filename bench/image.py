"""
How much the image weighs, and how long `cabas web` in a container takes to be ready on a migrated database.

The container runs as production runs it: one process, not root, on a read-only file system, without capabilities.
Ready is counted from `podman run` to the first answer of /readyz. Limits are those the product set itself: 250 MB, 3 s.
"""

import os
import statistics
import subprocess
import sys
import time
import urllib.request

from bench import measure
from bench.ground import SECRET, Ground, free_port, seeded
from bench.measure import Figure

STARTS = 5
READY_SECONDS = 60
LOCKED_UP = (
    "--read-only", "--cap-drop=all", "--security-opt=no-new-privileges", "--tmpfs=/tmp", "--tmpfs=/data:mode=1777",
)  # fmt: skip


def main() -> None:
    image = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("IMAGE", "localhost/cabas:latest")
    megabytes = int(_podman("image", "inspect", "--format", "{{.Size}}", image)) / 1e6
    with seeded("demo") as ground, measure.step("starting containers"):
        ready = statistics.median(_ready_seconds(image, ground) for _ in range(STARTS))
    measure.keep("image", {"mb": round(megabytes), "ready_s": round(ready, 2)})
    measure.show(
        "The image",
        [
            Figure(name="size", value=megabytes, unit="MB", limit=250, ratio=megabytes / 250, wanted="≤ 1"),
            Figure(name="web ready", value=ready, unit="s", limit=3, ratio=ready / 3, wanted="≤ 1"),
        ],
        notes=[f"web ready: median of {STARTS} containers, read-only, not root, no capabilities"],
    )


def _ready_seconds(image: str, ground: Ground) -> float:
    port = free_port()
    started = time.perf_counter()
    name = _podman(
        "run", "--detach", "--rm", "--pull=never", "--network=host", "--no-healthcheck", *LOCKED_UP,
        f"--env=CABAS_DATABASE_URL={ground.url}", f"--env=CABAS_SECRET_KEY={SECRET}",
        f"--env=CABAS_PORT={port}", "--env=CABAS_SMTP_URL=folder", "--env=CABAS_WEB_PROCESSES=1",
        "--env=CABAS_HOST=127.0.0.1", image, "web",
    )  # fmt: skip
    try:
        while not _answers(f"http://127.0.0.1:{port}/readyz"):
            if time.perf_counter() - started > READY_SECONDS:
                raise SystemExit("the container never was ready:\n" + _podman("logs", name))
            time.sleep(0.02)
        return time.perf_counter() - started
    finally:
        _podman("stop", "--time=20", name)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=1) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except OSError:
        return False


def _podman(*arguments: str) -> str:
    done = subprocess.run(["podman", *arguments], capture_output=True, text=True, check=False)  # noqa: S607
    if done.returncode:
        raise SystemExit(f"podman {arguments[0]}: {done.stderr.strip()}")
    return done.stdout.strip()


if __name__ == "__main__":
    main()
