"""
Renders every shared component with sample values to one page, and looks at it.

    uv run python tools/kitchen_sink.py OUT_FOLDER [--only FACE] [--shots] [--axe]

The pages are OUT_FOLDER/{shop,store,console}.html. ``--shots`` takes pictures at 390 and 1440 px, light and
dark; ``--axe`` runs axe-core on the same and exits 1 at the first violation. Run ``npm run build`` before.
"""

import argparse
import functools
import http.server
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from cabas.kit.html import Renderer
from cabas.kit.messages import load_catalogues

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "src/cabas/web"
SAMPLES = ROOT / "tools/kitchen_sink"
FACES = ("console", "shop", "store")
WIDTHS = (390, 1440)
BROWSER_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("out", type=Path)
    parser.add_argument("--shots", action="store_true")
    parser.add_argument("--axe", action="store_true")
    parser.add_argument("--only", choices=FACES)
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    faces = (chosen.only,) if chosen.only else FACES
    for face in faces:
        (chosen.out / f"{face}.html").write_text(render(face), "utf-8")
    if not (chosen.shots or chosen.axe):
        return 0
    return look(chosen.out, faces, shots=chosen.shots, axe=chosen.axe)


def render(face: str) -> str:
    samples = json.loads((SAMPLES / "values.json").read_text("utf-8"))
    manifest = json.loads((WEB / "static/built/manifest.json").read_text("utf-8"))
    renderer = Renderer(
        {"ui": WEB / "ui/templates", "tools": SAMPLES},
        functions={
            "asset": manifest.__getitem__,
            "picture": lambda name: f"/static/built/pictures/{name}.svg",
        },
    )
    return renderer.render(
        f"tools/{face}.html", t=load_catalogues(WEB / "ui/messages")["fr"], **sample_values(samples)
    )


def sample_values(samples: dict[str, Any]) -> dict[str, Any]:
    """What the sample pages read: the frame, the cards, and each face's own values by name."""
    return {
        "page": samples["page"],
        "cards": samples["cards"],
        "lines": samples["lines"],
        **samples["shop"],
        **samples["console"],
    }


def look(out: Path, faces: tuple[str, ...], *, shots: bool, axe: bool) -> int:
    faults = 0
    with serving(out) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=BROWSER_ARGS)
        for face in faces:
            for width in WIDTHS:
                for scheme in ("light", "dark"):
                    page = opened(browser, f"{address}/{face}.html", width, scheme)
                    faults += overflow(page, f"{face} {width}")
                    if shots:
                        page.screenshot(path=out / f"{face}-{width}-{scheme}.png", full_page=True)
                    if axe:
                        faults += audit(page, f"{face} {width} {scheme}")
                    page.close()
        browser.close()
    return 1 if faults else 0


def opened(browser: Browser, address: str, width: int, scheme: Any) -> Page:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.on("console", lambda message: print("console:", message.text, message.location["url"]))
    page.goto(address, wait_until="networkidle")
    # Lazy pictures only come once seen.
    page.evaluate("document.querySelectorAll('img').forEach((image) => (image.loading = 'eager'))")
    page.wait_for_load_state("networkidle")
    return page


def overflow(page: Page, name: str) -> int:
    pixels = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    if pixels > 0:
        print(f"{name}: {pixels} px wider than the screen")
    return int(pixels > 0)


def audit(page: Page, name: str) -> int:
    answer = Axe().run(page).response
    for violation in answer["violations"]:
        print(f"{name}: {violation['id']}, {len(violation['nodes'])} times")
        for node in violation["nodes"][:4]:
            reasons = [check["message"] for check in node["any"] + node["all"]]
            print("   ", node["html"][:120], reasons[:2])
    print(f"{name}: {len(answer['violations'])} violations")
    for item in answer["incomplete"]:
        print("    to check by eye:", item["id"], item["nodes"][0]["html"][:110])
    return len(answer["violations"])


@contextmanager
def serving(out: Path) -> Iterator[str]:
    """A static server on a free port: pages from `out`, /static/ from the source tree."""
    handler = functools.partial(Handler, directory=str(out))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()


class Handler(http.server.SimpleHTTPRequestHandler):
    """Files, with the content policy of the real site."""

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
