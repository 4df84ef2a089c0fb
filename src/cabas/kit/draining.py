"""
A process that is about to stop says so first and goes on serving, until those who send it work have heard.

A balancer needs a moment to see that a process is no longer ready. Whatever it sends meanwhile is answered as
ever; only then does the process stop taking connections.
"""

import asyncio
import os
import signal


class Draining:
    """
    Until SIGTERM, nothing. From then on ``begun``, and ``seconds`` later SIGINT to this process: what serves in it
    takes that one as its order to finish what is under way and end. SIGINT from outside skips the wait.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.begun = False

    def on_sigterm(self) -> None:
        """Take SIGTERM over. To be called in a running loop, after the server has taken its signals."""
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self.begin)

    def begin(self) -> None:
        """A second order to stop changes nothing."""
        if not self.begun:
            self.begun = True
            asyncio.get_running_loop().call_later(self._seconds, os.kill, os.getpid(), signal.SIGINT)
