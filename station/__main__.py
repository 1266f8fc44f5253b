"""``python -m station`` and the installed command: as short as possible, so that a Ctrl-C is never a traceback."""

import sys

_STOPPED = 130


def main() -> None:
    """Run the command line; 130 when a person stops it while it is still being loaded."""
    try:
        from station.cli import main as run  # noqa: PLC0415 -- loading takes a second, in which a Ctrl-C may come

        run()
    except KeyboardInterrupt:
        sys.exit(_STOPPED)


if __name__ == "__main__":
    main()
