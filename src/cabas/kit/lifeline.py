"""A process that does not outlive the one that started it, however that one ended."""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def end_with(parent: int) -> None:
    """
    From now on SIGTERM comes to this process when its parent dies, be it by SIGKILL.

    Linux only; elsewhere nothing is done, and what a killed parent leaves must be stopped by hand.

    :param parent: the parent's process id, to see that it did not die before this call.
    """
    if not sys.platform.startswith("linux"):
        return
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)
