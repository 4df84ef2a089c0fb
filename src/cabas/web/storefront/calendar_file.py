"""One event as an iCalendar file (RFC 5545)."""

from datetime import UTC, datetime

LINE_OCTETS_MAX = 75
_ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": None})


def calendar_file(
    *,
    uid: str,
    stamp: datetime,
    start: datetime,
    end: datetime,
    summary: str,
    place: str,
    description: str,
) -> str:
    """Times in UTC; text escaped, long lines folded."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Cabas//FR",
        "BEGIN:VEVENT",
        f"UID:{uid}",
        f"DTSTAMP:{_instant(stamp)}",
        f"DTSTART:{_instant(start)}",
        f"DTEND:{_instant(end)}",
        f"SUMMARY:{summary.translate(_ESCAPES)}",
        f"LOCATION:{place.translate(_ESCAPES)}",
        f"DESCRIPTION:{description.translate(_ESCAPES)}",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line))


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _folded(line: str) -> list[str]:
    """At most 75 octets a line, never inside a character; what follows begins with a space."""
    parts, current, octets = [], "", 0
    for char in line:
        size = len(char.encode())
        if octets + size > LINE_OCTETS_MAX:
            parts.append(current)
            current, octets = " ", 1
        current += char
        octets += size
    return [*parts, current]
