"""A checkpoint on request: SIGURG asks a training to save after the step that it is in.

Schedulers send a signal before they end a job. SIGURG ends no process that does not know it; the
shell, ``tee`` and the launcher of several processes would end at SIGUSR1 or SIGTERM.
"""

import signal
import threading
from types import FrameType

SIGNAL = signal.SIGURG


class SaveRequest:
    """Whether somebody has asked for a checkpoint since the last one."""

    def __init__(self) -> None:
        self.pending = False

    def listen(self) -> None:
        """Note the signal from now on, in the main thread; elsewhere none is received."""
        if threading.current_thread() is threading.main_thread():
            signal.signal(SIGNAL, self._note)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.pending = True
