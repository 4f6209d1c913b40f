"""Run a command that dies with its parent: `python leash.py PARENT_PID COMMAND...` (Linux).

The kernel kills this process when the thread that started it ends, even by SIGKILL; the setting survives the exec.
Run as a file, with `-I -S`: then it needs nothing but the standard library and costs few milliseconds.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Become the command; never returns."""
    parent, command = int(sys.argv[1]), sys.argv[2:]
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:  # it died before the prctl, and no signal will come
        sys.exit(1)
    os.execv(command[0], command)  # noqa: S606 - the host's own command, as a list


if __name__ == "__main__":
    main()
