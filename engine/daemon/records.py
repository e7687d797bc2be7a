"""A job's record: what was asked for (request.mp) and how it ended (outcome.mp), written and read again.

A file is a msgpack map and, after it, a digest of its bytes. The outcome repeats who asked for what, so that of a job
that has ended nothing else need be read. Who reads may be another Impasto than the one that wrote: what it does not
understand it says, and leaves to others.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgpack

from impasto.engine.daemon.sums import Sums, digest, is_sums
from impasto.engine.files import atomic_write
from impasto.protocol import ProtocolError
from impasto.protocol.messages import JOBS, REQUESTS, checked_fields
from impasto.protocol.session import LAST

REQUEST, OUTCOME = "request.mp", "outcome.mp"
FORMAT = 2  # of both. Grows when an older engine must not touch what is new
PLAIN = 1  # the first format, without digests and with its event beside the rest; or without a number


@dataclass(frozen=True)
class Record:
    """What is known of a job. `number` and `at` are of `counters.Counters`, 0 in old ones."""

    client: str
    kind: str
    label: str = ""
    urgent: bool = False  # asked for as a preview
    accepted: float = 0.0  # the day's time, for people; so is `ended`
    ended: float = 0.0
    number: int = 0
    event: dict[str, Any] | None = None  # how it ended
    at: float = 0.0
    sums: dict[str, Sums] | None = None  # of its results, by file; none in old ones
    fields: dict[str, Any] = field(default_factory=dict)  # all that was asked for, unless it has ended
    planes: dict[str, Sums] | None = None  # sums of what it was asked with, likewise


class NotUnderstood(Exception):
    """A record that this engine can make nothing of: the client whose job it is, if that is known, and why."""

    def __init__(self, client: str | None, why: str) -> None:
        super().__init__(why)
        self.client, self.why = client, why


def write(path: Path, value: dict[str, Any]) -> None:
    """Write one of the files, whole or not at all; it outlasts a power cut. Raises ImpastoError if that cannot be."""
    data = bytes(msgpack.packb({**value, "format": FORMAT}, use_bin_type=True) or b"")
    with atomic_write(path, overwrite=True) as file:
        file.write(data + bytes(msgpack.packb(digest(data), use_bin_type=True) or b""))


def read(path: Path) -> dict[str, Any]:
    """Read one of the files. Raises OSError, and NotUnderstood if it is not as it was written."""
    damaged = NotUnderstood(None, f"its {path.stem} is damaged")
    data = path.read_bytes()
    try:
        reader = msgpack.Unpacker(raw=False, max_buffer_size=max(len(data), 1))
        reader.feed(data)
        value = reader.unpack()
        end = reader.tell()
        rest = data[end:]
        sound = isinstance(value, dict) and (
            msgpack.unpackb(rest) == digest(data[:end]) if rest else value.get("format", PLAIN) != FORMAT
        )
    except (ValueError, TypeError, RecursionError, msgpack.UnpackException) as error:
        raise damaged from error
    if not sound:
        raise damaged
    return value


def read_record(folder: Path) -> Record:
    """A job, with all fields of its kind if it has not ended.

    Of one that has ended the fields need not be understood: its result is there whatever it was made from. Raises
    NotUnderstood, and OSError for what cannot be read now.
    """
    outcome, problem = None, None
    if (folder / OUTCOME).exists():
        try:
            outcome = read(folder / OUTCOME)
        except NotUnderstood as error:
            problem = error
    if outcome is not None and outcome.get("format", PLAIN) != PLAIN:
        return _ended(outcome)
    try:
        request = read(folder / REQUEST)
    except FileNotFoundError as error:
        raise NotUnderstood(None, "its request is missing") from error
    client = request.get("client") if isinstance(request.get("client"), str) else None
    if problem is not None:
        raise NotUnderstood(client, problem.why) from problem
    if _is_newer(request):
        raise NotUnderstood(client, "it was made by a newer Impasto")
    if client is None or not _is_sound(request):
        raise NotUnderstood(client, "its request is damaged")
    if outcome is not None and not (outcome.get("event") in LAST and is_time(outcome.get("ended"))):
        raise NotUnderstood(client, "its outcome is damaged")
    try:
        asked = _fields(request)
    except NotUnderstood as error:
        if outcome is None:
            raise NotUnderstood(client, error.why) from error
        asked = request["fields"]
    label = asked.get("label")
    known = Record(
        client, request["kind"], label if isinstance(label, str) else "", asked.get("priority") == "preview",
        float(request["accepted"]), number=request.get("number", 0),
    )  # fmt: skip
    if outcome is None:
        return replace(known, fields=asked, planes=request.get("sums"))
    event = {name: value for name, value in outcome.items() if name != "format"}
    return replace(known, event=event, ended=float(outcome["ended"]))


def outcome_of(record: Record, event: dict[str, Any], at: float, sums: dict[str, Sums]) -> dict[str, Any]:
    """What outcome.mp says of a job that ends now, at second `at` of the spool's counters, with these results."""
    job = {name: getattr(record, name) for name in _REPEATED}
    return {"job": job, "told": event, "ended": time.time(), "at": at, "sums": sums}


_REPEATED = {"client": str, "kind": str, "label": str, "urgent": bool, "accepted": (int, float), "number": int}


def _ended(outcome: dict[str, Any]) -> Record:
    """A job by its outcome alone."""
    job: dict[str, Any] = outcome["job"] if isinstance(outcome.get("job"), dict) else {}
    client = job.get("client") if isinstance(job.get("client"), str) else None
    if _is_newer(outcome):
        raise NotUnderstood(client, "it was made by a newer Impasto")
    event, sums = outcome.get("told"), outcome.get("sums")
    sound = (
        all(isinstance(job.get(name), kind) for name, kind in _REPEATED.items())
        and isinstance(event, dict) and event.get("event") in LAST
        and is_time(outcome.get("at")) and is_time(outcome.get("ended"))
        and isinstance(sums, dict) and all(isinstance(file, str) and is_sums(each) for file, each in sums.items())
    )  # fmt: skip
    if not sound:
        raise NotUnderstood(client, "its outcome is damaged")
    assert isinstance(event, dict)
    known = {name: job[name] for name in _REPEATED}
    return Record(**known, event=event, ended=float(outcome["ended"]), at=float(outcome["at"]), sums=sums)


def _is_newer(value: dict[str, Any]) -> bool:
    number = value.get("format", PLAIN)
    return isinstance(number, int) and number > FORMAT


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
    sums = request.get("sums", {})
    known = request.get("format", PLAIN) in (PLAIN, FORMAT) and isinstance(request.get("number", 0), int)
    return (
        whole and known and is_time(request.get("accepted"))
        and isinstance(sums, dict) and all(isinstance(file, str) and is_sums(each) for file, each in sums.items())
    )  # fmt: skip


def is_time(value: Any) -> bool:
    """Is it a number of seconds?"""
    return isinstance(value, (int, float)) and math.isfinite(value)
