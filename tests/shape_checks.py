"""Checks, while tests run, that arrays have the shapes that signatures say (`engine.shapes`): jaxtyping and beartype.

Loaded before anything of the engine's: modules of some rooms have their functions wrapped as soon as they are there,
those with a shape in their signature; fields of dataclasses are arguments of `__init__`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from functools import cached_property
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import FunctionType, ModuleType
from typing import Any

from beartype import beartype
from jaxtyping import jaxtyped

ROOMS = tuple(f"impasto.engine.{room}" for room in ("painter", "raster", "media", "losses"))


def checked(function: FunctionType) -> Callable[..., Any]:
    """A function that checks the shapes in its signature; itself if there are none."""
    from impasto.engine import shapes

    there = function.__globals__
    words = {name for name, shape in vars(shapes).items() if name[0].isupper() and there.get(name) is shape}
    shaped = {
        name: eval(text, there)
        for name, text in function.__annotations__.items()
        if isinstance(text, str) and words & set(re.findall(r"\w+", text))
    }
    if not shaped:
        return function
    said, function.__annotations__ = function.__annotations__, shaped
    found = jaxtyped(typechecker=beartype)(function)
    found.__annotations__ = said
    return found


def check(module: ModuleType) -> None:
    """Check what a module defines."""
    for name, value in list(vars(module).items()):
        if getattr(value, "__module__", None) != module.__name__:
            continue
        if isinstance(value, FunctionType):
            setattr(module, name, checked(value))
        elif isinstance(value, type):
            check_class(value)


def check_class(cls: type) -> None:
    """Check the methods of a class, properties included."""
    for name, value in list(vars(cls).items()):
        if isinstance(value, FunctionType):
            setattr(cls, name, checked(value))
        elif isinstance(value, staticmethod | classmethod):
            setattr(cls, name, type(value)(checked(value.__func__)))  # pyright: ignore[reportArgumentType]
        elif isinstance(value, property) and isinstance(value.fget, FunctionType):
            setattr(cls, name, property(checked(value.fget), value.fset, value.fdel, value.__doc__))
        elif isinstance(value, cached_property) and isinstance(value.func, FunctionType):
            value.func = checked(value.func)


class _Loader(SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        check(module)


class _Finder(MetaPathFinder):
    def find_spec(self, fullname: str, path: Sequence[str] | None, target: Any = None) -> ModuleSpec | None:
        if not (fullname + ".").startswith(tuple(f"{room}." for room in ROOMS)):
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(spec.loader.name, spec.loader.path)
        return spec


sys.meta_path.insert(0, _Finder())
