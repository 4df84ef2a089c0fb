"""
The image's bill of materials: CycloneDX 1.6, from what lies in the image, not from what was meant to.

Usage: python tools/image_sbom.py ROOT VERSION > sbom.cdx.json
"""

import sys
from collections.abc import Iterator
from email.parser import HeaderParser
from importlib.metadata import distributions
from pathlib import Path

from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.contact import OrganizationalEntity
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

SUITE = "debian-12"


def python_packages(root: Path) -> Iterator[Component]:
    folders = [str(folder) for folder in root.glob("opt/cabas/lib/python3*/site-packages")]
    for found in distributions(path=folders):
        name = found.metadata["Name"]
        if name != "cabas":
            yield _component(PackageURL("pypi", None, name.lower().replace("_", "-"), found.version))


def system_packages(root: Path) -> Iterator[Component]:
    for file in sorted(root.glob("var/lib/dpkg/status.d/*")):
        fields = HeaderParser().parsestr(file.read_text())
        qualifiers = {"arch": fields["Architecture"], "distro": SUITE}
        source = (fields["Source"] or "").split()
        if source and source[0] != fields["Package"]:
            qualifiers["upstream"] = source[0]
        yield _component(PackageURL("deb", "debian", fields["Package"], fields["Version"], qualifiers))


def bill_of(root: Path, version: str) -> str:
    """:raises SystemExit: what came out is not CycloneDX."""
    bom = Bom(components=[*python_packages(root), *system_packages(root)])
    bom.metadata.component = Component(
        name="cabas",
        version=version,
        type=ComponentType.CONTAINER,
        bom_ref=f"cabas@{version}",
        supplier=OrganizationalEntity(name="Cabas"),
    )
    bom.metadata.timestamp = None  # type: ignore[assignment] - the same image, the same bill
    bom.serial_number = None  # type: ignore[assignment]
    text = str(JsonV1Dot6(bom).output_as_string(indent=2))
    wrong = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if wrong:
        raise SystemExit(f"not CycloneDX: {wrong}")
    return text


def _component(url: PackageURL) -> Component:
    return Component(
        name=url.name, version=url.version, purl=url, bom_ref=str(url), type=ComponentType.LIBRARY
    )


if __name__ == "__main__":
    print(bill_of(Path(sys.argv[1]), sys.argv[2]))
