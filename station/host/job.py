"""Windows' way of having processes end together: a job object, which ends all in it when its last handle closes.

Sources: Microsoft's documentation of CreateJobObject, JOBOBJECT_EXTENDED_LIMIT_INFORMATION and "Nested Jobs" (Windows 8
and newer); NtResumeProcess of ntdll, which wakes a process started suspended without the handle of its first thread.
"""

import sys

if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes
    from typing import Final

    _EXTENDED_LIMITS: Final = 9
    _KILL_ON_JOB_CLOSE: Final = 0x2000
    _SET_QUOTA_TERMINATE_SUSPEND_RESUME: Final = 0x0100 | 0x0001 | 0x0800
    CREATE_SUSPENDED: Final = 0x4

    class _BasicLimits(ctypes.Structure):
        _fields_ = (
            ("process_time", ctypes.c_int64),
            ("job_time", ctypes.c_int64),
            ("flags", wintypes.DWORD),
            ("least_working_set", ctypes.c_size_t),
            ("most_working_set", ctypes.c_size_t),
            ("processes", wintypes.DWORD),
            ("affinity", ctypes.c_size_t),
            ("priority", wintypes.DWORD),
            ("scheduling", wintypes.DWORD),
        )

    class _ExtendedLimits(ctypes.Structure):
        _fields_ = (
            ("basic", _BasicLimits),
            ("io", ctypes.c_uint64 * 6),
            ("process_memory", ctypes.c_size_t),
            ("job_memory", ctypes.c_size_t),
            ("peak_process_memory", ctypes.c_size_t),
            ("peak_job_memory", ctypes.c_size_t),
        )

    class Job:
        """What a process and all its children are in. This process alone holds it: whatever ends it ends them."""

        def __init__(self) -> None:
            """Raises ``OSError``."""
            self._kernel = ctypes.WinDLL("kernel32", use_last_error=True)
            self._kernel.CreateJobObjectW.restype = wintypes.HANDLE
            self._kernel.OpenProcess.restype = wintypes.HANDLE
            handle: int | None = self._kernel.CreateJobObjectW(None, None)
            if handle is None:
                raise ctypes.WinError(ctypes.get_last_error())
            self._handle = wintypes.HANDLE(handle)
            limits = _ExtendedLimits()
            limits.basic.flags = _KILL_ON_JOB_CLOSE
            if not self._kernel.SetInformationJobObject(
                self._handle, _EXTENDED_LIMITS, ctypes.byref(limits), ctypes.sizeof(limits)
            ):
                error = ctypes.WinError(ctypes.get_last_error())
                self.close()
                raise error

        def take(self, process_id: int) -> None:
            """Take in a process that was started suspended, and let it run. Raises ``OSError``."""
            found: int | None = self._kernel.OpenProcess(_SET_QUOTA_TERMINATE_SUSPEND_RESUME, False, process_id)
            if found is None:
                raise ctypes.WinError(ctypes.get_last_error())
            process = wintypes.HANDLE(found)
            try:
                if not self._kernel.AssignProcessToJobObject(self._handle, process):
                    raise ctypes.WinError(ctypes.get_last_error())
                if ctypes.WinDLL("ntdll").NtResumeProcess(process) != 0:
                    raise OSError("the process was started suspended and can't be resumed")
            finally:
                self._kernel.CloseHandle(process)

        def kill(self) -> None:
            """End all that are in it. Safe to repeat."""
            self._kernel.TerminateJobObject(self._handle, 1)

        def close(self) -> None:
            """Give it up; what still is in it ends."""
            self._kernel.CloseHandle(self._handle)
