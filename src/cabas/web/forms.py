"""
Reading forms that a stranger filled in: every field bounded, errors kept beside their field,
and what was typed is never lost.
"""

import re
from collections.abc import Mapping
from typing import Any

from cabas.kit.messages import Catalogue
from cabas.web.request import ShopRequest

TEXT_LENGTH_MAX = 200
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ufffd]")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_POSTCODE = re.compile(r"\d{5}")
_PHONE = re.compile(r"\+?\d{6,15}")


class Form:
    """
    One submitted form. Read the fields, then ask `ok`.

    ``values`` and ``errors`` go back to the template as they are.
    """

    def __init__(self, fields: Mapping[str, Any], t: Catalogue) -> None:
        self._fields = fields
        self._t = t
        self.values: dict[str, str] = {}
        self.errors: dict[str, str] = {}

    @property
    def ok(self) -> bool:
        return not self.errors

    def fail(self, name: str, key: str, /, **arguments: int | str) -> None:
        """Say what is wrong with a field (the first thing said stays)."""
        self.errors.setdefault(name, self._t(key, **arguments))

    def text(self, name: str, *, required: bool = True, length_max: int = TEXT_LENGTH_MAX) -> str:
        """Trimmed text without control characters."""
        raw = self._fields.get(name, "")
        value = raw.strip() if isinstance(raw, str) else ""
        self.values[name] = _CONTROL.sub("", value)[: length_max * 2]
        if _CONTROL.search(value):
            self.fail(name, "form.bad_characters")
        elif not value and required:
            self.fail(name, "form.required")
        elif len(value) > length_max:
            self.fail(name, "form.too_long", max=length_max)
        return self.values[name]

    def secret(self, name: str, *, length_max: int = 1000) -> str:
        """A password: taken as it is, never given back to the page."""
        raw = self._fields.get(name, "")
        value = raw if isinstance(raw, str) else ""
        if not value:
            self.fail(name, "form.required")
        elif len(value) > length_max:
            self.fail(name, "form.too_long", max=length_max)
        return value

    def email(self, name: str, *, required: bool = True) -> str:
        value = self.text(name, required=required, length_max=254)
        if value and not _EMAIL.fullmatch(value):
            self.fail(name, "form.bad_email")
        return value

    def phone(self, name: str, *, required: bool = False) -> str:
        value = self.text(name, required=required, length_max=30)
        digits = re.sub(r"[\s.\-()]", "", value)
        if value and not _PHONE.fullmatch(digits):
            self.fail(name, "form.bad_phone")
        return value

    def postcode(self, name: str, *, required: bool = True) -> str:
        value = self.text(name, required=required, length_max=10)
        if value and not _POSTCODE.fullmatch(value):
            self.fail(name, "form.bad_postcode")
        return value

    def integer(self, name: str, *, low: int, high: int, required: bool = True) -> int | None:
        value = self.text(name, required=required, length_max=20)
        if not value:
            return None
        if not re.fullmatch(r"[+-]?\d{1,12}", value) or not value.isascii():
            self.fail(name, "form.bad_number")
            return None
        number = int(value)
        if not low <= number <= high:
            self.fail(name, "form.out_of_bounds", low=low, high=high)
        return number

    def choice(self, name: str, options: frozenset[str], *, default: str = "") -> str:
        value = self.text(name, required=not default, length_max=60) or default
        if value not in options:
            self.fail(name, "form.bad_choice")
        return value

    def flag(self, name: str) -> bool:
        """A ticked box."""
        ticked = bool(self._fields.get(name))
        self.values[name] = "1" if ticked else ""
        return ticked


async def read_form(request: ShopRequest) -> Form:
    fields = await request.form()
    return Form(fields, request.site.catalogues[request.language])
