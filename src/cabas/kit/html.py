"""HTML by MiniJinja: every value escaped, an undefined name is an error, templates found by face."""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

import minijinja

_FIXED_WORDS = re.compile(r'\bt\("([a-z0-9_.]+)"\)')


class Words(Protocol):
    """A language's messages: see `cabas.kit.messages.Catalogue`."""

    def plain(self, key: str) -> str | None:
        """The message, when it takes no argument."""
        ...


class Renderer:
    """
    Renders ``<face>/<path>`` from the template folder of each face.

    A page has some ninety words that never change in a language, ``t("common.skip")``. They are put
    in place when the template is read, once a language, instead of being asked for at each render.

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
        self._functions = dict(functions)
        self._reload = reload
        self._environments: dict[Words | None, minijinja.Environment] = {}

    def render(self, template: str, /, *, t: Words | None = None, **values: object) -> str:
        """:param t: the words of the reader's language, which templates call as ``t(key, …)``."""
        environment = self._environments.get(t)
        if environment is None:
            environment = self._environments[t] = self._environment(t)
        return environment.render_template(template, t=t, **values)

    def _environment(self, t: Words | None) -> minijinja.Environment:
        return minijinja.Environment(
            loader=lambda name: self._load(name, t),
            globals=dict(self._functions),
            undefined_behavior="chainable",
            auto_escape_callback=lambda name: name.endswith(".html"),
            trim_blocks=True,
            lstrip_blocks=True,
            reload_before_render=self._reload,
            debug=self._reload,
        )

    def _load(self, name: str, t: Words | None) -> str | None:
        face, _, path = name.partition("/")
        folder = self._faces.get(face)
        if folder is None or ".." in path:
            return None
        file = folder / path
        if not file.is_file():
            return None
        source = file.read_text("utf-8")
        return source if t is None else _FIXED_WORDS.sub(lambda found: _fixed(found, t), source)


def _fixed(call: re.Match[str], t: Words) -> str:
    """The message as a literal of the template's language; the call itself when it takes arguments."""
    text = t.plain(call[1])
    return call[0] if text is None else json.dumps(text, ensure_ascii=False)
