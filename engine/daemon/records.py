"""A job's record: what was asked for (request.mp) and how it ended (outcome.mp), written and read again.

Who reads may be another Impasto than the one that wrote: what it does not understand it says, and leaves to others.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import msgpack

from impasto.engine.files import atomic_write
from impasto.protocol import ProtocolError
from impasto.protocol.messages import JOBS, REQUESTS, checked_fields
from impasto.protocol.session import LAST

REQUEST, OUTCOME = "request.mp", "outcome.mp"
FORMAT = 1  # of both; a record without a number is of this one. Grows when an older engine must not touch what is new

Record = tuple[dict[str, Any], dict[str, Any] | None]


class NotUnderstood(Exception):
    """A record that this engine can make nothing of: the client whose job it is, if that is known, and why."""

    def __init__(self, client: str | None, why: str) -> None:
        super().__init__(why)
        self.client, self.why = client, why


def write(path: Path, value: dict[str, Any]) -> None:
    """Write one of the two files, whole or not at all. Raises ImpastoError if that cannot be."""
    with atomic_write(path, overwrite=True) as file:
        file.write(bytes(msgpack.packb({**value, "format": FORMAT}, use_bin_type=True) or b""))


def read(path: Path) -> dict[str, Any]:
    """Read one of the two files. Raises OSError, and NotUnderstood if it holds no map."""
    try:
        value = msgpack.unpackb(path.read_bytes(), raw=False)
    except (ValueError, TypeError, RecursionError, msgpack.UnpackException) as error:
        raise NotUnderstood(None, f"its {path.stem} is damaged") from error
    if not isinstance(value, dict):
        raise NotUnderstood(None, f"its {path.stem} is damaged")
    return value


def read_record(folder: Path) -> Record:
    """A job's request, with all fields of its kind, and its outcome, None if it did not end yet.

    Of one that has ended the fields need not be understood: its result is there whatever it was made from. Then they
    are left out, but for the label. Raises NotUnderstood, and OSError for what cannot be read now.
    """
    try:
        request = read(folder / REQUEST)
    except FileNotFoundError as error:
        raise NotUnderstood(None, "its request is missing") from error
    client = request.get("client") if isinstance(request.get("client"), str) else None
    try:
        outcome = read(folder / OUTCOME) if (folder / OUTCOME).exists() else None
    except NotUnderstood as error:
        raise NotUnderstood(client, error.why) from error
    formats = [part.get("format", FORMAT) for part in (request, outcome or {})]
    if any(isinstance(number, int) and number > FORMAT for number in formats):
        raise NotUnderstood(client, "it was made by a newer Impasto")
    if client is None or formats != [FORMAT, FORMAT] or not _is_sound(request):
        raise NotUnderstood(client, "its request is damaged")
    if outcome is not None and not (outcome.get("event") in LAST and _is_time(outcome.get("ended"))):
        raise NotUnderstood(client, "its outcome is damaged")
    try:
        request["fields"] = _fields(request)
    except NotUnderstood as error:
        if outcome is None:
            raise NotUnderstood(client, error.why) from error
        label = request["fields"].get("label")
        request["fields"] = {"label": label if isinstance(label, str) else ""}
    if outcome is not None:
        outcome.pop("format", None)  # clients hear the rest
    return request, outcome


def _fields(request: dict[str, Any]) -> dict[str, Any]:
    """All that was asked for; fields that are new since then get their defaults."""
    kind = request["kind"]
    if kind not in JOBS:
        raise NotUnderstood(None, f"this Impasto knows no job {kind[:60]!r}")
    try:
        return checked_fields(request["fields"], REQUESTS[kind][0])
    except ProtocolError as error:
        raise NotUnderstood(None, f"this Impasto does not understand it ({error.sentence})") from error


def _is_sound(request: dict[str, Any]) -> bool:
    whole = isinstance(request.get("kind"), str) and isinstance(request.get("fields"), dict)
    return whole and _is_time(request.get("accepted"))


def _is_time(value: Any) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value)
