"""What is noted of a painting until it is delivered, so that the next GIMP can collect it."""

from __future__ import annotations

import time
from typing import Any

from .easel.notes import Notes
from .easel.unwanted import UnwantedNotes
from .protocol import ProtocolError
from .protocol.messages import Text, Whole

TURN, PATIENCE = 0.1, 5.0  # seconds: between two looks whether a cancelled job has ended, and of all of them
NOTE = {
    "job": Text(32, 32),
    "engine": Text(40, 40),  # its public key: another knows nothing of the job
    "file": Text(4096),  # of the image; empty if it had none
    "name": Text(200),  # of what is painted
    "style": Text(100),  # its words
    "left": Whole(-(10**6), 10**6),  # where it lies in the image
    "top": Whole(-(10**6), 10**6),
    "width": Whole(1, 65535),
    "height": Whole(1, 65535),
}
NOTES = Notes("gimp", NOTE)
UNWANTED = UnwantedNotes("gimp")


def forget_unwanted(client: Any, key: str) -> None:
    """Tell an engine which of its jobs nobody wants any more; it forgets none before that has ended, which is soon."""
    for job, engine in UNWANTED.kept().items():
        if engine != key:
            continue
        try:
            client.ask("cancel", job=job)
        except ProtocolError as error:
            if error.code == "job":  # it has none of this name
                UNWANTED.drop(job)
            continue
        if _forgotten(client, job):
            UNWANTED.drop(job)


def _forgotten(client: Any, job: str) -> bool:
    """Has the engine forgotten a job that was cancelled? Else it is asked again the next time."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            client.ask("forget", job=job)
            return True
        except ProtocolError as error:
            if error.code != "job" or time.monotonic() > end:
                return False
        time.sleep(TURN)
