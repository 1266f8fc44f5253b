#!/usr/bin/env python3
"""Tell stations of newer packages: ``python packaging/manifest.py write FOLDER --key KEYS``, with its environment.

    key KEYS NAME     makes the key that signs, once: KEYS/station.key is for you alone, and KEYS/station.vkey has
                      the line that goes into every station file, as `key` under [updates]
    write FOLDER      lists the packages in FOLDER (.deb, .exe, .whl; their names have the version), signs the list,
                      and puts it there as updates.txt in one step: a station that looks sees the old or the new one

A station looks whether a package is newer than itself and the one that was signed. It never installs anything.
"""

import argparse
import re
import sys
from getpass import getpass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from station.domain.faults import Fault
from station.domain.secret import Secret
from station.evidence.station_key import create_station_key, open_station_key, read_verifier_key
from station.host.files import replace_file
from station.updates.manifest import MANIFEST, Package, describe, write_manifest

KINDS = (".deb", ".exe", ".whl")
_VERSION = re.compile(r"[-_](\d+(?:\.\d+)+)(?=[-_.])")


def main(words: list[str]) -> int:
    """Do what ``words`` say; return the exit code: 1 with a sentence where it can't be done."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    key = commands.add_parser("key")
    key.add_argument("keys", type=Path)
    key.add_argument("name", help="whose it is, such as example.com/line-it")
    write = commands.add_parser("write")
    write.add_argument("folder", type=Path)
    write.add_argument("--key", type=Path, required=True, help="the folder that `key` made")
    write.add_argument("--notes", default="", help="one line that stations show")
    asked = parser.parse_args(words)
    try:
        if asked.command == "key":
            make_key(asked.keys, asked.name, _ask("A passphrase for it; empty for none: "))
        else:
            write_list(asked.folder, asked.key, asked.notes)
    except Fault as fault:
        return _refuse(f"{fault.code} {fault.sentence}")
    except (ValueError, OSError) as error:
        return _refuse(str(error))
    return 0


def make_key(keys: Path, name: str, passphrase: Secret | None) -> None:
    """Make the key, and print the line for station files."""
    made = create_station_key(keys, name, passphrase)
    sys.stdout.write(f'key = "{made.text()}"\n')


def write_list(folder: Path, keys: Path, notes: str) -> None:
    """Put the signed list of what is in ``folder`` now in the place of the one before, in one step."""
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in KINDS)
    name = read_verifier_key(keys).name
    encrypted = "ENCRYPTED" in (keys / "station.key").read_text(encoding="ascii").partition("\n")[0]
    key = open_station_key(keys, name, _ask("The key's passphrase: ") if encrypted else None)
    packages = [describe_file(file, notes) for file in files]
    replace_file(folder / MANIFEST, write_manifest(packages, key), private=False)
    for one in packages:
        sys.stdout.write(f"{one.version}  {one.file}  {one.sha256}\n")


def describe_file(file: Path, notes: str) -> Package:
    """Return a package by what its name says. ValueError where that has no version."""
    found = _VERSION.search(file.name)
    if found is None:
        raise ValueError(f"{file.name}: its name has no version such as -1.2.0-")
    return describe(file, found[1], notes)


def _ask(words: str) -> Secret | None:
    typed = getpass(words) if sys.stdin.isatty() else ""
    return Secret(typed) if typed else None


def _refuse(sentence: str) -> int:
    sys.stderr.write(f"{sentence}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
