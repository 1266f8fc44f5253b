#!/usr/bin/env python3
"""Make what a line PC gets, from the commit that is checked out: ``python3 packaging/build.py deb``.

    deb      the Debian package                                      (on the oldest Debian or Ubuntu that is to have it)
    tree     the program's folder, which Inno Setup packs on Windows (packaging/windows/station.iss)
    wheel    the wheel, for whoever has a Python of their own

Beside each lie its SBOM (CycloneDX, .cdx.json) and its list of licences; a part whose licence does not allow to hand
it out stops the build. Python's version is that of the Python that runs this. ``--twice`` builds it all a second time,
elsewhere, and says what differs. How to sign, and what to look at: docs/packaging.md.
"""

import argparse
import shutil
import sys
from pathlib import Path

from deb import make_deb
from workshop import ROOT, Refusal, Workshop, run, same_files, say


def main(words: list[str]) -> int:
    """Build what ``words`` say; return the exit code: 1 where it can't be made."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("deb", "tree", "wheel"))
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="where the packages go")
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "packages", help="where they are made")
    parser.add_argument("--revision", type=int, default=1, help="the package's, of the same version of the program")
    parser.add_argument("--as-it-is", action="store_true", help="for trial: with files that are not committed")
    parser.add_argument("--twice", action="store_true", help="build it a second time and compare")
    asked = parser.parse_args(words)
    try:
        made = build(asked, asked.work.absolute() / "first")
        if asked.twice:
            compare(asked, made)
    except Refusal as refusal:
        say(str(refusal))
        return 1
    return 0


def build(asked: argparse.Namespace, folder: Path) -> list[Path]:
    """Build it below ``folder``, put it into ``asked.out``, and return what lies there now."""
    out = asked.out.absolute()
    out.mkdir(parents=True, exist_ok=True)
    shop = Workshop(folder, asked.as_it_is)
    shop.begin()
    say(f"{shop.version} of commit {shop.commit}")
    wheel = shop.make_wheel()
    if asked.what == "wheel":
        made = [out / wheel.name]
        shutil.copyfile(wheel, made[0])
        papers = _write_papers(shop, None)
    else:
        tree = shop.make_tree(wheel)
        papers = _write_papers(shop, tree)
        if asked.what == "deb":
            made = [make_deb(shop, papers, out, asked.revision)]
        else:
            made = [out / tree.name]
            shutil.rmtree(made[0], ignore_errors=True)
            shutil.copytree(tree, made[0], symlinks=True)
            # For Inno Setup, so that nobody has to type it.
            made.append(out / f"{tree.name}.iss")
            made[-1].write_text(inno_version(shop.version), encoding="utf-8")
    name = made[0].name.removesuffix(".deb").removesuffix(".whl")
    for paper, ending in (("sbom.cdx.json", "cdx.json"), ("licences.txt", "licences.txt")):
        made.append(out / f"{name}.{ending}")
        shutil.copyfile(papers / paper, made[-1])
    for file in made:
        sys.stdout.write(f"{file}  {_size(file) / 1e6:.1f} MB\n")
    return made


def inno_version(version: str) -> str:
    """Return what station.iss takes the version from. Pure."""
    return f'#define Version "{version}"\n'


def compare(asked: argparse.Namespace, made: list[Path]) -> None:
    """Build once more, in another folder, and name what differs: packages, and of a program's folder each file."""
    say("building it a second time, elsewhere.")
    first = asked.work.absolute() / "first"
    again = argparse.Namespace(**{**vars(asked), "out": asked.work.absolute() / "again"})
    second = build(again, asked.work.absolute() / "second-time-in-another-folder")
    differing = [one.name for one, other in zip(made, second, strict=True) if one.is_file() and _differ(one, other)]
    sys.stdout.write(f"built twice: {', '.join(differing) + ' differ' if differing else 'the same bytes'}\n")
    there = asked.work.absolute() / "second-time-in-another-folder"
    if (first / "tree").exists():
        for name in same_files(first / "tree", there / "tree"):
            sys.stdout.write(f"  differs: {name}\n")


def _write_papers(shop: Workshop, tree: Path | None) -> Path:
    """Write what is told of the package's parts and return the folder. Raises Refusal where one may not be in it."""
    papers = shop.folder / "papers"
    papers.mkdir()
    program = shop.source / "packaging" / "provenance.py"
    words = [*(("--tree", tree, "--work", shop.folder / "work" / "station") if tree else ())]
    said = run(shop.python, "-I", program, shop.source, papers, *words, extra=shop.settings)
    sys.stdout.write(said)
    return papers


def _differ(one: Path, other: Path) -> bool:
    return one.read_bytes() != other.read_bytes()


def _size(path: Path) -> int:
    if path.is_file():
        return path.stat().st_size
    return sum(file.lstat().st_size for file in path.rglob("*") if not file.is_dir())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
