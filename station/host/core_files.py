"""Whether the system may write this process's memory to a file when it dies."""

import sys

if sys.platform != "win32":
    import resource


def forbid_core_files() -> bool:
    """Return True once no core of this process, nor of its children, goes anywhere; False where nothing can be done.

    For a process that holds private keys. Safe to repeat. The limit is 1 byte and not 0: at 0 Linux writes no file,
    but still pipes all memory to a program where core_pattern names one (systemd-coredump, apport), and at 1 it does
    neither (fs/coredump.c; the least core is a page). Only where the system's own hard limit is 0 it stays at that. On
    Windows error reports are the PC's own setting.
    """
    if sys.platform == "win32":
        return False
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0 if most == 0 else 1, most))
    return True
