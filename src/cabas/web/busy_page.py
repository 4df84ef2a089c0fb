"""The page of a request that is sent away: drawn once a language when the process starts, at most 6 KB, no database."""

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping

from cabas.kit.html import Renderer
from cabas.kit.messages import Catalogue

BYTES_MAX = 6 * 1024
_SECONDS = b"%SECONDS%"
_STYLE = re.compile(r"<style>(.*?)</style>", re.S)
_REFRESH = re.compile(rb'<meta http-equiv="refresh"[^>]*>')


class BusyPage:
    """:raises ValueError: it has grown beyond `BYTES_MAX`."""

    def __init__(self, renderer: Renderer, catalogues: Mapping[str, Catalogue]) -> None:
        self._pages: dict[str, bytes] = {}
        self._policy = b""
        for language, t in catalogues.items():
            html = renderer.render("ui/busy.html", t=t, lang=language, seconds=_SECONDS.decode())
            style = _STYLE.search(html)
            digest = hashlib.sha256((style[1] if style else "").encode()).digest()
            hashed = base64.b64encode(digest).decode()
            self._policy = f"default-src 'none'; style-src 'sha256-{hashed}'; base-uri 'none'".encode()
            self._pages[language] = html.encode()
            if len(self._pages[language]) > BYTES_MAX:
                raise ValueError("the page for the busy moment is too large")

    def body(
        self, headers: Iterable[tuple[bytes, bytes]], *, again: bool, seconds: int
    ) -> tuple[bytes, list[tuple[bytes, bytes]]]:
        """:param again: whether it may be asked for again by itself; a form may not."""
        accepted = next((value for name, value in headers if name == b"accept-language"), b"")
        page = self._pages["en" if _prefers_english(accepted) else "fr"].replace(
            _SECONDS, str(seconds).encode()
        )
        return (page if again else _REFRESH.sub(b"", page)), [(b"content-security-policy", self._policy)]


def _prefers_english(accepted: bytes) -> bool:
    """The first of the two that the browser names."""
    lower = accepted.lower()
    english, french = lower.find(b"en"), lower.find(b"fr")
    return english >= 0 and (french < 0 or english < french)
