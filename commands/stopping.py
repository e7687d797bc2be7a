"""Ctrl-C and SIGTERM: once for a clean stop while there is something to keep, twice for an end at once."""

import signal
from types import FrameType

STOPPED = 130  # exit code


class Stop:
    """Listens to both signals as long as it is entered.

    gently: the next signal only sets `requested`; any other raises KeyboardInterrupt, which cleans up on its
    way out.
    """

    def __init__(self) -> None:
        """Nothing has been heard yet."""
        self.gently = self.requested = False
        self._before = {}

    def __enter__(self) -> "Stop":
        """Begin to listen; a signal that the caller has us ignore stays ignored."""
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) != signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._heard)
        return self

    def __exit__(self, *_: object) -> None:
        """Listen no more."""
        for number, handler in self._before.items():
            signal.signal(number, handler or signal.SIG_DFL)

    def _heard(self, number: int, frame: FrameType | None) -> None:
        # No word is printed here: the signal may have come in the middle of printing.
        first = not self.requested
        self.requested = True
        if not (self.gently and first):
            raise KeyboardInterrupt
