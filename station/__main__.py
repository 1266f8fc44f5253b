"""``python -m station`` and the installed command: as short as possible, so that a Ctrl-C is never a traceback."""

import sys

_STOPPED = 130


def main() -> None:
    """Run the command line; 130 when a person stops it while it is still being loaded."""
    try:
        if getattr(sys, "frozen", False) and _is_done_as_another():
            return
        from station.cli import main as run  # noqa: PLC0415 -- loading takes a second, in which a Ctrl-C may come

        run()
    except KeyboardInterrupt:
        sys.exit(_STOPPED)


def _is_done_as_another() -> bool:
    """Do what a packaged program was started again for; False where that is the command line itself."""
    from multiprocessing import freeze_support  # noqa: PLC0415 -- a package alone needs any of this

    freeze_support()

    import runpy  # noqa: PLC0415

    from station.host.program import packaged_work, restore_environment  # noqa: PLC0415

    restore_environment()
    work = packaged_work(sys.argv[1:])
    if work is None:
        return False
    what, arguments = work
    sys.argv[1:] = arguments
    if what == "station":
        return False
    if what.endswith(".py"):
        sys.argv[0] = what
        runpy.run_path(what, run_name="__main__")
    else:
        runpy.run_module(what, run_name="__main__", alter_sys=True)
    return True


if __name__ == "__main__":
    main()
