"""
The part of requirements.lock that the image holds: what the product's own dependencies reach.

Usage: python tools/image_lock.py [EXTRA…] > requirements.lock of the image. Read from what is installed here.
"""

import re
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

ROOT = Path(__file__).parent.parent
LOCK = ROOT / "requirements.lock"
UNUSED = {"faker", "polyfactory", "pygments", "tzdata"}
"""
Never imported: the first two are Litestar's for examples in OpenAPI documents, pygments is rich's to colour code,
and the system has its own tzdata.
"""
_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)\s*(?:\[([^\]]*)\])?")
_EXTRA = re.compile(r"""extra\s*==\s*['"]([^'"]+)['"]""")


def reached(lines: Iterable[str], extras: frozenset[str], known: dict[str, set[str]]) -> None:
    """Note in ``known`` each package that these requirements lead to, with its extras, by its normal name."""
    for line in lines:
        text, _, marker = line.partition(";")
        of, found = _EXTRA.search(marker), _REQUIREMENT.match(text)
        if found is None or (of and normal(of[1]) not in extras):
            continue
        name = normal(found[1])
        more = frozenset(normal(one) for one in (found[2] or "").split(",") if one)
        if name in known and more <= known[name]:
            continue
        known.setdefault(name, set()).update(more)
        try:
            reached(requires(name) or [], frozenset(known[name]), known)
        except PackageNotFoundError:  # for another system or another Python
            continue


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


def entries(lock: str) -> dict[str, str]:
    """Each package's lines of the lock (one version a package and marker)."""
    found: dict[str, str] = {}
    for entry in re.split(r"\n(?=[A-Za-z0-9])", lock.strip()):
        name = normal(re.split(r"[=@ \[;]", entry, maxsplit=1)[0])
        found[name] = f"{found[name]}\n{entry}" if name in found else entry
    return found


def main() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"]]
    for extra in sys.argv[1:]:
        wanted += project["optional-dependencies"][extra]
    known: dict[str, set[str]] = {}
    reached(wanted, frozenset(), known)
    locked = entries(LOCK.read_text())
    print("\n".join(locked[name] for name in sorted(known.keys() - UNUSED) if name in locked))


if __name__ == "__main__":
    main()
