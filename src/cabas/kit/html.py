"""HTML by MiniJinja: every value escaped, an undefined name is an error, templates found by face."""

from collections.abc import Callable, Mapping
from pathlib import Path

import minijinja


class Renderer:
    """
    Renders ``<face>/<path>`` from the template folder of each face.

    :param faces: ``{"storefront": Path(".../storefront/templates")}``.
    :param reload: read templates again at each render (development).
    """

    def __init__(
        self,
        faces: Mapping[str, Path],
        *,
        functions: Mapping[str, Callable[..., object]],
        reload: bool = False,
    ) -> None:
        self._faces = dict(faces)
        self._environment = minijinja.Environment(
            loader=self._load,
            globals=dict(functions),
            undefined_behavior="chainable",
            auto_escape_callback=lambda name: "html" if name.endswith(".html") else "none",
            trim_blocks=True,
            lstrip_blocks=True,
            reload_before_render=reload,
            debug=reload,
        )

    def render(self, template: str, /, **values: object) -> str:
        return self._environment.render_template(template, **values)

    def _load(self, name: str) -> str | None:
        face, _, path = name.partition("/")
        folder = self._faces.get(face)
        if folder is None or ".." in path:
            return None
        file = folder / path
        return file.read_text("utf-8") if file.is_file() else None
