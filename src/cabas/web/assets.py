"""Addresses of built assets: hashed names from the build's manifest, pictures by icon name."""

from pathlib import Path

import msgspec

BUILT = Path(__file__).parent / "static" / "built"
_FALLBACK_PICTURE = "shopping-bags"


class Assets:
    def __init__(self, folder: Path = BUILT) -> None:
        manifest = folder / "manifest.json"
        self._addresses = (
            msgspec.json.decode(manifest.read_bytes(), type=dict[str, str]) if manifest.exists() else {}
        )
        self._pictures = frozenset(path.stem for path in (folder / "pictures").glob("*.svg"))

    def asset(self, name: str) -> str:
        """``shop.css`` → ``/static/built/shop-3F2A.css``; the plain name before the first build."""
        return self._addresses.get(name, f"/static/built/{name}")

    def picture(self, name: str) -> str:
        """Never a blank square: an unknown icon shows a shopping bag."""
        known = name if not self._pictures or name in self._pictures else _FALLBACK_PICTURE
        return f"/static/built/pictures/{known}.svg"
