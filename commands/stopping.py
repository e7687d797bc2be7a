"""Ctrl-C, SIGTERM and a closed terminal: a clean stop while there is something to keep.

Ctrl-C or SIGTERM a second time ends at once; a terminal that is closed may be told by the system and by its shell.
"""

import signal
from types import FrameType

STOPPED = 130  # exit code
_CLOSED = tuple(getattr(signal, name) for name in ("SIGHUP", "SIGBREAK") if hasattr(signal, name))


class Stop:
    """Listens to these signals as long as it is entered.

    gently: the next signal only sets `requested`; any other raises KeyboardInterrupt, which cleans up on its
    way out.
    """

    def __init__(self) -> None:
        """Nothing has been heard yet."""
        self.gently = self.requested = False
        self._before = {}

    def __enter__(self) -> "Stop":
        """Begin to listen; a signal that the caller has us ignore stays ignored."""
        for number in (signal.SIGINT, signal.SIGTERM, *_CLOSED):
            if signal.getsignal(number) != signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._heard)
        return self

    def __exit__(self, *_: object) -> None:
        """Listen no more."""
        for number, handler in self._before.items():
            signal.signal(number, handler or signal.SIG_DFL)

    def _heard(self, number: int, frame: FrameType | None) -> None:
        # No word is printed here: the signal may have come in the middle of printing.
        again = self.requested and number not in _CLOSED
        self.requested = True
        if again or not self.gently:
            raise KeyboardInterrupt
