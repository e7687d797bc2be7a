"""Messages to frames and back: a msgpack header, then raw frames that are not copied."""

from __future__ import annotations

import math
from typing import Any

import msgpack

from . import NEWEST_VERSION, OLDEST_VERSION, ProtocolError
from .limits import CHUNK_BYTES, LARGEST_HEADER_BYTES, MOST_FRAMES, MOST_VALUES
from .messages import REQUESTS, checked_fields


class _TooMany(Exception):
    pass


def pack(kind: str, number: int, fields: Any = None, frames: Any = (), version: int = NEWEST_VERSION) -> list[Any]:
    """The frames of a message: `number` is the request's own, which its reply names."""
    header = dict(fields or {})
    header.update(v=version, kind=kind, id=number)
    return [msgpack.packb(header, use_bin_type=True), *frames]


def unpack(parts: list[Any], most: float = math.inf) -> tuple[Any, ...]:
    """Header (a map) and raw frames of a message as it came; most: values in its header.

    Raises ProtocolError "malformed" or "too_large" for what is no message.
    """
    if not 1 <= len(parts) <= MOST_FRAMES:
        raise ProtocolError("malformed", f"a message has 1 to {MOST_FRAMES} frames")
    header, frames = parts[0], parts[1:]
    if len(header) > LARGEST_HEADER_BYTES:
        raise ProtocolError("too_large", f"a header has at most {LARGEST_HEADER_BYTES} bytes")
    left = most

    def counted(values):
        """A list or map, as long as all of them together are not too long: each value takes time to check."""
        nonlocal left
        left -= 1 + len(values)
        if left < 0:
            raise _TooMany
        return values

    try:
        fields = msgpack.unpackb(
            header, raw=False, strict_map_key=True, use_list=True, max_str_len=LARGEST_HEADER_BYTES, max_bin_len=0,
            max_array_len=65536, max_map_len=4096, max_ext_len=0, ext_hook=_no_extension, list_hook=counted,
            object_hook=counted,
        )  # fmt: skip
    except _TooMany:
        raise ProtocolError("too_large", f"a header has at most {most} values") from None
    except Exception as error:  # msgpack has many names for broken bytes, and a nesting too deep is a plain ValueError
        raise ProtocolError("malformed", f"the header is not msgpack ({type(error).__name__})") from error
    if not isinstance(fields, dict):
        raise ProtocolError("malformed", "the header is not a map")
    return fields, frames


def request(parts: list[Any]) -> tuple[Any, ...]:
    """Version, kind, number, checked fields and frames of a client's message.

    Raises ProtocolError, with the number and the fields in its attributes `number` and `asked` if that much was
    understood.
    """
    header, frames = unpack(parts, MOST_VALUES)
    number = header.pop("id", None)
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < 2**63:
        raise ProtocolError("malformed", "id is not a whole number from 0")
    version, kind = header.pop("v", None), header.pop("kind", None)
    try:
        if not isinstance(kind, str):
            raise ProtocolError("malformed", "kind is not text")
        if kind not in REQUESTS:
            raise ProtocolError("unknown", f"there is no message {kind[:60]}", "update the engine")
        if kind != "hello":  # by which versions are agreed on
            if isinstance(version, bool) or not isinstance(version, int):
                raise ProtocolError("malformed", "v is not a whole number")
            if not OLDEST_VERSION <= version <= NEWEST_VERSION:
                raise ProtocolError("version", f"protocol {version} is not spoken here", "say hello first")
        rules, count = REQUESTS[kind]
        if len(frames) != count:
            raise ProtocolError("malformed", f"{kind} has {count} frames")
        if any(len(frame) > CHUNK_BYTES for frame in frames):
            raise ProtocolError("too_large", f"a frame has at most {CHUNK_BYTES} bytes")
        return version, kind, number, checked_fields(header, rules), frames
    except ProtocolError as error:
        error.number, error.asked = number, {} if kind == "put" else header  # which brings a plane, and needs none
        raise


def _no_extension(code, data):
    raise ValueError("extensions are not allowed")
