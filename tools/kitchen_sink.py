"""
Renders every shared component with sample values to one page, and looks at it.

    uv run python tools/kitchen_sink.py OUT_FOLDER [--shots] [--axe]

The page is written as OUT_FOLDER/{shop,store,console}.html. ``--shots`` takes pictures at 390 and 1440 px, light and
dark; ``--axe`` runs axe-core on the same and exits 1 at the first violation.
"""

import argparse
import functools
import http.server
import json
import sys
import threading
from pathlib import Path
from typing import Any

from kitchen_sink_values import CONSOLE, PAGE, SHOP, STORE

from cabas.kit.html import Renderer
from cabas.kit.messages import load_catalogues

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "src/cabas/web"
FACES = {"shop": SHOP, "store": STORE, "console": CONSOLE}
WIDTHS = (390, 1440)
BROWSER_ARGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--shots", action="store_true")
    parser.add_argument("--axe", action="store_true")
    parser.add_argument("--only", choices=sorted(FACES))
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    faces = [chosen.only] if chosen.only else sorted(FACES)
    for face in faces:
        (chosen.out / f"{face}.html").write_text(render(face), "utf-8")
    if not (chosen.shots or chosen.axe):
        return 0
    return look(chosen.out, faces, shots=chosen.shots, axe=chosen.axe)


def render(face: str) -> str:
    words = load_catalogues(WEB / "ui/messages")["fr"]
    manifest = json.loads((WEB / "static/built/manifest.json").read_text("utf-8"))
    renderer = Renderer(
        {"ui": WEB / "ui/templates", "tools": ROOT / "tools/kitchen_sink"},
        functions={
            "t": words,
            "asset": manifest.__getitem__,
            "picture": lambda name: f"/static/built/pictures/{name}.svg",
        },
    )
    return renderer.render(f"tools/{face}.html", page=PAGE, **FACES[face])


def look(out: Path, faces: list[str], *, shots: bool, axe: bool) -> int:
    from playwright.sync_api import sync_playwright  # a developer's tool: not needed to render

    violations = 0
    with serving(out) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=BROWSER_ARGS)
        for face in faces:
            for width in WIDTHS:
                for scheme in ("light", "dark"):
                    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
                    page.on("console", lambda message: print("console:", message.text))
                    page.goto(f"{address}/{face}.html", wait_until="networkidle")
                    overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
                    if overflow > 0:
                        print(f"{face} {width}: {overflow} px wider than the screen")
                        violations += 1
                    if shots:
                        page.screenshot(path=out / f"{face}-{width}-{scheme}.png", full_page=True)
                    if axe:
                        violations += audit(page, f"{face} {width} {scheme}")
                    page.close()
        browser.close()
    return 1 if violations else 0


def audit(page: Any, name: str) -> int:
    from axe_playwright_python.sync_playwright import Axe  # as above

    response = Axe().run(page).response
    for violation in response["violations"]:
        nodes = "; ".join(str(node["target"]) + " " + node["html"][:120] for node in violation["nodes"][:4])
        print(f"{name}: {violation['id']} ({len(violation['nodes'])}) {nodes}")
        for node in violation["nodes"][:4]:
            print("   ", [check["message"] for check in node["any"] + node["all"]][:2])
    print(f"{name}: {len(response['violations'])} violations, {len(response['incomplete'])} to check by eye")
    for item in response["incomplete"]:
        print("   incomplete:", item["id"], len(item["nodes"]), item["nodes"][0]["html"][:110])
    return len(response["violations"])


class serving:
    """A static server on a free port: pages from `out`, /static/ from the source tree."""

    def __init__(self, out: Path) -> None:
        self._out = out

    def __enter__(self) -> str:
        handler = functools.partial(_Handler, directory=str(self._out))
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_port}"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()


class _Handler(http.server.SimpleHTTPRequestHandler):
    def translate_path(self, path: str) -> str:
        if path.startswith("/static/"):
            return str(WEB / path.split("?")[0].lstrip("/"))
        return super().translate_path(path)

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", "default-src 'self'; base-uri 'none'; form-action 'self'")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


if __name__ == "__main__":
    sys.exit(main())
