"""Values as plain data and back, for processes of our own: JSON, and the bytes that lie in it beside it.

Nothing is unpickled: what is made of a message is numbers, text, bytes, paths, sequences, mappings, and the dataclasses
and settings (pydantic's models) of a module, which are told by name. A module's function can be told, too.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import FunctionType
from typing import Any

from pydantic import BaseModel

from impasto.engine.errors import ImpastoError


def packed(value: Any) -> tuple[bytes, list[bytes]]:
    """A value as JSON, and the bytes that it speaks of by number. Raises TypeError for what has no plain form."""
    blobs: list[bytes] = []
    return json.dumps(_plain(value, blobs)).encode(), blobs


def unpacked(text: bytes, blobs: list[bytes]) -> Any:
    """The value that `packed` was given. Raises ImpastoError for what it never makes."""
    try:
        return _made(json.loads(text), blobs)
    except (AttributeError, ImportError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise ImpastoError(
            f"a process said what makes no sense ({error}); is another Impasto being installed?"
        ) from error


def _plain(value: Any, blobs: list[bytes]) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, bytes):
        blobs.append(value)
        return {"bytes": len(blobs) - 1}
    if isinstance(value, list):
        return [_plain(inner, blobs) for inner in value]
    if isinstance(value, tuple):
        return {"tuple": [_plain(inner, blobs) for inner in value]}
    if isinstance(value, Mapping):
        return {"mapping": [[_plain(key, blobs), _plain(inner, blobs)] for key, inner in value.items()]}
    if isinstance(value, Path):
        return {"path": str(value)}
    if isinstance(value, FunctionType):
        return {"function": _name(value)}
    if isinstance(value, BaseModel):
        return {"model": _name(type(value)), "fields": _plain(value.model_dump(), blobs)}
    if is_dataclass(value) and not isinstance(value, type):
        inner = {field.name: _plain(getattr(value, field.name), blobs) for field in fields(value) if field.init}
        return {"dataclass": _name(type(value)), "fields": inner}
    raise TypeError(f"{type(value).__name__} has no plain form")


def _made(plain: Any, blobs: list[bytes]) -> Any:
    if isinstance(plain, list):
        return [_made(inner, blobs) for inner in plain]
    if not isinstance(plain, dict):
        return plain
    kind = next(iter(plain), "")
    return _MAKERS[kind](plain, blobs)


def _model(plain: Mapping[str, Any], blobs: list[bytes]) -> BaseModel:
    made = _named(plain["model"])
    if not (isinstance(made, type) and issubclass(made, BaseModel)):
        raise TypeError(f"{plain['model']} is no settings")
    return made.model_validate(_made(plain["fields"], blobs))


def _dataclass(plain: Mapping[str, Any], blobs: list[bytes]) -> Any:
    made = _named(plain["dataclass"])
    if not (isinstance(made, type) and is_dataclass(made)):
        raise TypeError(f"{plain['dataclass']} is no dataclass")
    return made(**{name: _made(inner, blobs) for name, inner in plain["fields"].items()})


def _function(plain: Mapping[str, Any], _: list[bytes]) -> Callable[..., Any]:
    made = _named(plain["function"])
    if not isinstance(made, FunctionType):
        raise TypeError(f"{plain['function']} is no function")
    return made


_MAKERS: dict[str, Callable[[Mapping[str, Any], list[bytes]], Any]] = {
    "bytes": lambda plain, blobs: blobs[plain["bytes"]],
    "tuple": lambda plain, blobs: tuple(_made(plain["tuple"], blobs)),
    "mapping": lambda plain, blobs: {_made(key, blobs): _made(inner, blobs) for key, inner in plain["mapping"]},
    "path": lambda plain, _: Path(plain["path"]),
    "function": _function,
    "model": _model,
    "dataclass": _dataclass,
}


def _name(thing: Any) -> str:
    """Where a class or function is defined. Raises TypeError if it is not a module's own."""
    name = f"{thing.__module__}:{thing.__qualname__}"
    if "<" in name or "." in thing.__qualname__:
        raise TypeError(f"{name} is not its module's own")
    return name


def _named(name: str) -> Any:
    module, _, own = name.partition(":")
    made = getattr(importlib.import_module(module), own)
    if getattr(made, "__module__", None) != module:
        raise TypeError(f"{name} is defined elsewhere")
    return made
