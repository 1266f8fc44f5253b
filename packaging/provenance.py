"""What is in a package: an SBOM (CycloneDX 1.6) and the list of licences with their texts. One that forbids it stops.

    provenance.py SOURCE OUT [--tree TREE --work WORK]

Run by packaging/build.py with the Python of the environment in which the package is made. Each file that PyInstaller
took is traced to the part that it came from; without a tree, it is what a wheel has and asks for. The same input gives
the same bytes.
"""

import argparse
import ast
import json
import os
import platform
import re
import sys
import sysconfig
import tomllib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from importlib import import_module
from importlib.metadata import Distribution, distribution, distributions
from pathlib import Path
from typing import Any

from cyclonedx.model import Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import DisjunctiveLicense, LicenseExpression
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from license_expression import LicenseSymbol, Licensing, get_spdx_licensing
from packageurl import PackageURL

OURS = "nrf91-station"
PYTHON, STARTER = "cpython", "pyinstaller"
_LICENCE_FILE = re.compile(r"(LICEN[CS]E|COPYING|NOTICE)[^/]*$", re.IGNORECASE)


@dataclass(slots=True)
class Part:
    """One thing that is in the package, or (of a wheel) that it asks for."""

    name: str
    version: str
    licence: str
    """An SPDX expression."""
    purl: PackageURL | None = None
    within: str = ""
    """The part whose files it comes with."""
    remark: str = ""
    texts: dict[str, str] = field(default_factory=dict)
    needs: frozenset[str] = frozenset()


class Untraced(Exception):  # noqa: N818 -- an answer: what can't be handed out, each in a sentence
    """Files of no known part, or parts under terms that are not known to allow it."""


def main(words: list[str]) -> int:
    """Write both papers; 1 and every reason where the package may not be handed out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--tree", type=Path)
    parser.add_argument("--work", type=Path)
    asked = parser.parse_args(words)
    rules = tomllib.loads((asked.source / "packaging" / "licences.toml").read_text(encoding="utf-8"))
    texts = asked.source / "packaging" / "licences"
    try:
        parts = parts_of_wheel(asked.source) if asked.tree is None else parts_of_tree(asked.tree, asked.work)
        parts += list(parts_within(asked.tree, rules, {part.name for part in parts}))
        for part in parts:
            part.remark = rules["remarks"].get(part.name, "")
            part.licence = rules["told"].get(part.name, part.licence)
            part.texts |= {name: (texts / name).read_text("utf-8") for name in rules["texts"].get(part.name, ())}
        judge(parts, rules["allowed"])
    except Untraced as reasons:
        sys.stderr.write(f"{reasons}\n")
        return 1
    build = (
        (asked.tree / "_internal" if asked.tree else Path(sysconfig.get_path("purelib"))) / "station" / "_build.json"
    )
    bom = draw_bom(parts, json.loads(build.read_text("utf-8")) if build.exists() else {})
    (asked.out / "sbom.cdx.json").write_text(bom, encoding="utf-8", newline="\n")
    (asked.out / "licences.txt").write_text(draw_list(parts, rules["allowed"]), encoding="utf-8", newline="\n")
    (asked.out / "copyright").write_text(draw_copyright(parts), encoding="utf-8", newline="\n")
    sys.stdout.write(f"{len(parts)} parts, each under a licence that allows to hand it out\n")
    return 0


def parts_of_tree(tree: Path, work: Path) -> list[Part]:
    """Return the parts that PyInstaller took files of, by its own lists. Raises Untraced for a file of none."""
    owners = {os.path.normcase(str(file.locate())): one for one in distributions() for file in one.files or ()}
    taken: dict[str, Distribution] = {}
    strange: list[str] = []
    for target, source in _taken(work):
        owner = owners.get(os.path.normcase(source))
        if owner is not None:
            taken[_name(owner)] = owner
        elif not _is_pythons(source, work):
            strange.append(f"{target} comes from {source}, which belongs to no part that is known.")
    if strange:
        raise Untraced("\n".join(strange))
    taken[STARTER] = distribution(STARTER)
    _check_unchanged(tree, taken.get("pynrfjprog"))
    return [_python(), *(_part(one) for _, one in sorted(taken.items()))]


def _taken(work: Path) -> Iterator[tuple[str, str]]:
    for name in ("COLLECT-00.toc", "PYZ-00.toc", "PKG-00.toc"):
        read = ast.literal_eval((work / name).read_text(encoding="utf-8"))
        lists = [one for one in read if isinstance(one, list)]
        for target, source, kind, *_ in (entry for one in lists for entry in one if isinstance(entry, tuple)):
            if kind not in ("SYMLINK", "OPTION") and source not in ("", "-", None):
                yield target, source


def _is_pythons(source: str, work: Path) -> bool:
    path = Path(source).resolve()
    roots = [Path(sysconfig.get_path("stdlib")), work, work.parents[1] / "source" / "packaging" / "pyinstaller"]
    in_base = path.is_relative_to(Path(sys.base_prefix).resolve()) and sys.base_prefix != "/usr"
    return in_base or path.name.startswith("libpython") or any(path.is_relative_to(root.resolve()) for root in roots)


def _check_unchanged(tree: Path, nrfjprog: Distribution | None) -> None:
    """Nordic's licence asks that its binaries are not changed."""
    for file in (nrfjprog.files or ()) if nrfjprog else ():
        copy = tree / "_internal" / Path(*file.parts)
        if copy.is_file() and copy.read_bytes() != Path(str(file.locate())).read_bytes():
            raise Untraced(f"{file} was changed on its way into the package, which its licence forbids.")


def parts_of_wheel(source: Path) -> list[Part]:
    """Return the wheel itself, and what a line PC gets beside it by the lock file."""
    lock = (source / "requirements.lock").read_text(encoding="utf-8")
    wanted = {OURS, *re.findall(r"^([a-z0-9-]+)==", lock, re.MULTILINE)} - {"setuptools"}
    there = {_name(one): one for one in distributions() if _name(one) in wanted}
    if OURS not in there:
        there[OURS] = _Unmade(source)
    return [_part(one) for _, one in sorted(there.items())]


class _Unmade(Distribution):
    """This project, before it is installed anywhere."""

    def __init__(self, source: Path) -> None:
        self._source = source
        self._table = tomllib.loads((source / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    def read_text(self, filename: str) -> str | None:
        """Return the metadata; of other files nothing."""
        if filename != "METADATA":
            return None
        needs = "".join(f"Requires-Dist: {one}\n" for one in self._table["dependencies"])
        head = f"Metadata-Version: 2.4\nName: {self._table['name']}\nVersion: {self._table['version']}\n"
        return f"{head}License-Expression: {self._table['license']}\n{needs}"

    def locate_file(self, path: Any) -> Path:
        """Return where a file of the source lies."""
        return self._source / path


def parts_within(tree: Path | None, rules: dict[str, Any], there: set[str]) -> Iterator[Part]:
    """Yield what lies inside of other parts under terms of its own. Raises Untraced for a library that nobody named."""
    names = (
        [path.relative_to(tree / "_internal").as_posix() for path in (tree / "_internal").rglob("*")] if tree else []
    )
    unnamed = {name for name in names if "/" in name and name.split("/")[0].endswith(".libs")}
    for row in rules["within"]:
        found = {name for name in names if any(fnmatchcase(name, pattern) for pattern in row["files"])}
        unnamed -= found
        if found or (tree is None and row["of"] == OURS):
            yield Part(row["name"], _version_within(row), row["licence"], within=row["of"])
    if unnamed and there:
        raise Untraced(
            "\n".join(f"{name} stands under terms that licences.toml does not tell." for name in sorted(unnamed))
        )


def _version_within(row: dict[str, Any]) -> str:
    """Return the version of what lies inside of another part, as it says itself or that one's own SBOM (PEP 770).

    "" where neither tells. With it, a PC's list can be held against the lists of known weaknesses.
    """
    if asked := row.get("asked", ""):
        module, _, name = asked.partition(":")
        return str(getattr(import_module(module), name)())
    known = row.get("known_as", row["name"]).lower()
    files = distribution(row["of"]).files or () if row["of"] != OURS else ()
    for file in files:
        if "sboms" in file.parts and file.suffix == ".json":
            for one in json.loads(file.read_text()).get("components", ()):
                # A crate may be named like the library that it speaks to.
                if one["name"].lower() == known and not one.get("purl", "").startswith("pkg:cargo/"):
                    return str(one.get("version", ""))
    return ""


def _part(one: Distribution) -> Part:
    told = one.metadata.json
    licence = str(told.get("license_expression") or told.get("license") or "not told")
    texts = {str(file): file.read_text() for file in one.files or () if _is_licence(str(file))}
    needs = {
        _plain(re.split(r"[\s;<>=!~\[(]", line, maxsplit=1)[0]) for line in one.requires or () if "extra ==" not in line
    }
    purl = PackageURL("pypi", None, _name(one), one.version)
    return Part(_name(one), one.version, licence, purl, texts=texts, needs=frozenset(needs))


def _python() -> Part:
    version = platform.python_version()
    short = ".".join(version.split(".")[:2])
    # As python.org has it for Linux and Windows, and as Debian has it.
    places = (f"{sysconfig.get_path('stdlib')}/LICENSE.txt", f"{sys.base_prefix}/LICENSE.txt")
    places += (f"/usr/share/doc/libpython{short}-stdlib/copyright", f"/usr/share/doc/python{short}/copyright")
    texts = {"LICENSE": next((Path(one).read_text("utf-8") for one in places if Path(one).is_file()), "")}
    texts = {name: text for name, text in texts.items() if text}
    return Part(PYTHON, version, "Python-2.0.1", PackageURL("generic", None, PYTHON, version), texts=texts)


def _is_licence(name: str) -> bool:
    return bool(_LICENCE_FILE.search(name)) and not name.endswith((".py", ".pyc", ".rst"))


def judge(parts: list[Part], allowed: dict[str, str]) -> None:
    """Raise Untraced, with every reason, unless each part is under something that allows it, and has its text."""
    licensing = _licensing(allowed)
    reasons = []
    for part in parts:
        told = licensing.validate(part.licence)
        if told.errors:
            reasons.append(f"{part.name}: {part.licence!r:.60} is no licence that is known here ({told.errors[0]}).")
        elif not _allows(licensing.parse(part.licence), allowed):
            reasons.append(f"{part.name}: {part.licence} is not among what licences.toml allows.")
        elif part.purl is not None and not part.texts and part.name != OURS:
            reasons.append(f"{part.name}: its licence's text is not in its wheel, and licences.toml names none.")
    if reasons:
        raise Untraced("\n".join(reasons))


def _licensing(allowed: dict[str, str]) -> Licensing:
    known = get_spdx_licensing().known_symbols
    own = [LicenseSymbol(name) for name in allowed if name.startswith("LicenseRef-") and name not in known]
    return Licensing([*known.values(), *own])


def _allows(expression: Any, allowed: dict[str, str]) -> bool:
    if type(expression).__name__ == "OR":
        return any(_allows(one, allowed) for one in expression.args)
    if type(expression).__name__ == "AND":
        return all(_allows(one, allowed) for one in expression.args)
    return str(expression) in allowed


def draw_bom(parts: list[Part], build: dict[str, Any]) -> str:
    """Return the SBOM as JSON, judged by CycloneDX's own schema. Pure but for the variable SOURCE_DATE_EPOCH."""
    components = {part.name: _component(part, build) for part in parts}
    ours = components[OURS]
    bom = Bom(serial_number=uuid.uuid5(uuid.NAMESPACE_URL, f"{OURS} {ours.version} {build}"))
    bom.metadata.component = ours
    bom.metadata.timestamp = datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", "0")), UTC)
    for name, component in components.items():
        if name != OURS:
            bom.components.add(component)
    for part in parts:
        inner = [other.name for other in parts if other.within == part.name]
        needs = [components[name] for name in sorted({*part.needs, *inner}) if name in components]
        bom.register_dependency(components[part.name], needs)
    text = make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string(indent=1)
    error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if error is not None:
        raise Untraced(f"the SBOM does not follow CycloneDX: {error}")
    return f"{text}\n"


def _component(part: Part, build: dict[str, Any]) -> Component:
    known = "LicenseRef-" not in part.licence
    return Component(
        name=part.name,
        version=part.version or None,
        type=ComponentType.APPLICATION if part.name == OURS else ComponentType.LIBRARY,
        bom_ref=part.name,
        purl=part.purl,
        licenses=[LicenseExpression(part.licence) if known else DisjunctiveLicense(name=part.licence)],
        properties=[
            Property(name=f"station:{key}", value=str(value)) for key, value in build.items() if part.name == OURS
        ],
    )


def draw_list(parts: list[Part], allowed: dict[str, str]) -> str:
    """Return the list of parts and licences for people, and behind it each licence's text. Pure."""
    lines = ["What is in this package, and under which terms. The texts follow the list.", ""]
    for part in parts:
        lines.append(
            f"{part.name} {part.version}".rstrip()
            + f": {part.licence}"
            + (f" (in {part.within})" if part.within else "")
        )
        lines += [f"    {part.remark}"] if part.remark else []
    lines += [
        "",
        "What these terms ask for:",
        *(f"    {name}: {what}" for name, what in sorted(allowed.items()) if what),
    ]
    for part in parts:
        for name, text in sorted(part.texts.items()):
            lines += ["", "=" * 100, f"{part.name} {part.version}: {Path(name).name}", "", text.strip()]
    return "\n".join(lines) + "\n"


def draw_copyright(parts: list[Part]) -> str:
    """Return Debian's copyright file, which sends readers to the list. Pure."""
    own = next(part for part in parts if part.name == OURS)
    text = "\n".join(own.texts.values()).strip()
    return (
        f"nRF91 station. Licence: {own.licence}.\n\n{text}\n\nThe program brings {len(parts) - 1} parts of others "
        "under terms of their own: licences.txt beside this file\nlists them with their texts, and sbom.cdx.json by "
        "name and version. The texts of the GPL and the LGPL are\nalso in /usr/share/common-licenses.\n"
    )


def _name(one: Distribution) -> str:
    return _plain(one.metadata["Name"])


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
