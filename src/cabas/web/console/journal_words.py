"""Lines of the journal in words: who, what, about what. A deed without a word here is shown as it is written."""

from collections.abc import Iterable, Mapping
from datetime import date
from uuid import UUID

from cabas.kit.audit import AuditLine
from cabas.kit.messages import Catalogue
from cabas.kit.money import format_cents
from cabas.web import dates

STAFF = "staff"
SUBJECTS = ("order", "device", "store")


def staff_in(lines: Iterable[AuditLine]) -> set[UUID]:
    """Everyone of the staff that the lines speak of."""
    named = (text.partition(":") for line in lines for text in (line.actor, line.subject))
    return {found for kind, _, key in named if kind == STAFF and (found := _uuid(key))}


def who(line: AuditLine, names: Mapping[UUID, str], t: Catalogue) -> str:
    """A name; Cabas itself for what nobody did by hand."""
    if line.actor == "system":
        return t("console.journal_system")
    return _person(line.actor, names) or line.actor


def what(line: AuditLine, t: Catalogue) -> str:
    return t.plain(f"console.journal_{line.action.replace('.', '_')}") or line.action


def subject(line: AuditLine, names: Mapping[UUID, str], t: Catalogue) -> str:
    """A person's name, a day, the end of an order's number: what a human would say."""
    kind, _, key = line.subject.partition(":")
    if kind == STAFF:
        return _person(line.subject, names) or line.subject
    if kind == "day":
        return _day(key, t)
    if kind in SUBJECTS:
        return t(f"console.journal_about_{kind}", key=key[-12:].upper())
    return line.subject


def detail(line: AuditLine, t: Catalogue) -> str:
    """What is short; the whole stays in the database."""
    return " · ".join(
        format_cents(value, t.language)
        if key.endswith("_cents")
        else f"{t.plain(_detail(key)) or key} : {value}"
        for key, value in line.detail.items()
        if isinstance(value, str | int) and value != ""
    )


def _detail(key: str) -> str:
    return f"console.journal_detail_{key}"


def _person(text: str, names: Mapping[UUID, str]) -> str | None:
    kind, _, key = text.partition(":")
    found = _uuid(key) if kind == STAFF else None
    return names.get(found) if found else None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _day(text: str, t: Catalogue) -> str:
    try:
        return dates.day_in_words(date.fromisoformat(text), t.language)
    except ValueError:
        return text
