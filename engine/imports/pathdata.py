"""What SVG says of shapes in words: path data and transforms, as cubic curves and matrices."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from impasto.engine.imports.reader import Unreadable

Matrix = NDArray[np.float64]  # (2, 3): x' = m · (x, y, 1)
Point = tuple[float, float]

LONGEST = 1 << 20  # letters of one path's data
_WORD = re.compile(r"[MmLlHhVvCcSsQqTtAaZz]|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_OTHER = re.compile(r"[^MmLlHhVvCcSsQqTtAaZz0-9eE+\-.,\s]")
_COUNT = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "T": 2, "A": 7, "Z": 0}
_TRANSFORM = re.compile(r"\s*,?\s*(matrix|translate|scale|rotate|skewX|skewY)\s*\(([^()]*)\)")


@dataclass
class Outline:
    """A run of cubic curves, each four points (x, y), that may come back to where it began."""

    curves: list[tuple[Point, Point, Point, Point]] = field(default_factory=list)
    closed: bool = False

    def array(self) -> NDArray[np.float64]:
        """(S, 4, 2)."""
        return np.array(self.curves, np.float64).reshape(-1, 4, 2)


def outlines(data: str) -> list[Outline]:
    """The runs of curves of a path's data; as SVG says, up to the first mistake in it.

    Raises Unreadable for data that is too long, and for numbers that are not finite.
    """
    if len(data) > LONGEST:
        raise Unreadable(f"a path has more than {LONGEST >> 20} MB")
    bad = _OTHER.search(data)
    words = _WORD.findall(data[: bad.start()] if bad else data)
    return [each for each in _Pen().follow(words) if each.curves]


class _Pen:
    """Where a path has come to."""

    def __init__(self) -> None:
        self.at = self.start = self.handle = (0.0, 0.0)
        self.kind = ""  # of the handle: C or Q, as what smooth curves go on with
        self.done: list[Outline] = []

    def follow(self, words: list[str]) -> list[Outline]:
        """Draw all of them."""
        place, command = 0, ""
        while place < len(words):
            if words[place].isalpha():
                command = words[place]
                place += 1
                if command in "Zz":
                    self._close()
                    continue
            if not command or command in "Zz" or (not self.done and command not in "Mm"):
                break
            count = _COUNT[command.upper()]
            numbers = words[place : place + count]
            if command in "Aa":
                numbers, place = self._arc_numbers(words, place)
            else:
                place += count
            if len(numbers) < count or any(word.isalpha() for word in numbers):
                break
            values = [float(word) for word in numbers]
            if not all(map(math.isfinite, values)):
                raise Unreadable("a path has a number that is not finite")
            self._draw(command, values)
            command = {"M": "L", "m": "l"}.get(command, command)
        return self.done

    @staticmethod
    def _arc_numbers(words: list[str], place: int) -> tuple[list[str], int]:
        """Seven numbers, of which flags need nothing after them: "0 01.5" is 0, 0, 1.5."""
        found: list[str] = []
        rest = words[place : place + 7]
        place += len(rest)
        while rest and len(found) < 7:
            word = rest.pop(0)
            if len(found) in (3, 4) and len(word) > 1 and word[0] in "01" and not word.isalpha():
                found.append(word[0])
                rest.insert(0, word[1:])
            else:
                found.append(word)
        return found, place - len(rest)

    def _draw(self, command: str, v: list[float]) -> None:
        kind, (x, y) = command.upper(), self.at if command.islower() else (0.0, 0.0)
        if kind == "M":
            self.at = self.start = (x + v[0], y + v[1])
            self.done.append(Outline())
        elif kind in "LHV":
            across = x + v[0] if kind != "V" else self.at[0]
            down = y + v[-1] if kind != "H" else self.at[1]
            self._line((across, down))
        elif kind == "A":
            to = (x + v[5], y + v[6])
            try:
                for curve in _arc(self.at, (v[0], v[1]), v[2], v[3] != 0, v[4] != 0, to):
                    self._curve(*curve)
            except (ArithmeticError, ValueError) as error:
                raise Unreadable("a path has an arc that goes beyond all numbers") from error
        else:
            points = [(x + v[k], y + v[k + 1]) for k in range(0, len(v), 2)]
            if kind in "ST":
                smooth = self.kind == {"S": "C", "T": "Q"}[kind]
                mirrored = (2 * self.at[0] - self.handle[0], 2 * self.at[1] - self.handle[1])
                points.insert(0, mirrored if smooth else self.at)
            if kind in "QT":
                handle, to = points
                self._curve(_between(self.at, handle, 2 / 3), _between(to, handle, 2 / 3), to)
                self.handle, self.kind = handle, "Q"
            else:
                self._curve(*points)
                self.handle, self.kind = points[1], "C"
            return
        self.kind = ""

    def _line(self, to: Point) -> None:
        self._curve(_between(self.at, to, 1 / 3), _between(self.at, to, 2 / 3), to)

    def _curve(self, first: Point, second: Point, to: Point) -> None:
        if self.done[-1].closed:  # goes on from where the closed one began
            self.done.append(Outline())
        self.done[-1].curves.append((self.at, first, second, to))
        self.at = to

    def _close(self) -> None:
        if self.done and not self.done[-1].closed:
            if self.at != self.start and self.done[-1].curves:
                self._line(self.start)
            self.done[-1].closed = True
        self.at, self.kind = self.start, ""


def _between(a: Point, b: Point, share: float) -> Point:
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share


def _arc(
    at: Point, radii: Point, turn: float, large: bool, sweep: bool, to: Point
) -> Iterator[tuple[Point, Point, Point]]:
    """An elliptical arc as cubic curves (SVG 2, appendix B.2), each of at most a quarter of the ellipse."""
    rx, ry = abs(radii[0]), abs(radii[1])
    if at == to:
        return
    if rx == 0 or ry == 0:
        yield _between(at, to, 1 / 3), _between(at, to, 2 / 3), to
        return
    cos, sin = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    dx, dy = (at[0] - to[0]) / 2, (at[1] - to[1]) / 2
    x, y = cos * dx + sin * dy, cos * dy - sin * dx
    stretch = math.hypot(x / rx, y / ry)
    if stretch > 1:
        rx, ry = rx * stretch, ry * stretch
    square = max(0.0, 1 / max((x / rx) ** 2 + (y / ry) ** 2, 1e-300) - 1)
    root = math.sqrt(square) * (-1 if large == sweep else 1)
    cx, cy = root * rx * y / ry, -root * ry * x / rx
    begin = math.atan2((y - cy) / ry, (x - cx) / rx)
    span = math.atan2((-y - cy) / ry, (-x - cx) / rx) - begin
    if sweep and span < 0:
        span += 2 * math.pi
    elif not sweep and span > 0:
        span -= 2 * math.pi
    mx, my = (at[0] + to[0]) / 2 + cos * cx - sin * cy, (at[1] + to[1]) / 2 + sin * cx + cos * cy
    pieces = max(1, math.ceil(abs(span) / (math.pi / 2) - 1e-9))
    step = span / pieces
    handle = 4 / 3 * math.tan(step / 4)

    def place(u: float, v: float) -> Point:
        return mx + cos * rx * u - sin * ry * v, my + sin * rx * u + cos * ry * v

    for k in range(pieces):
        a, b = begin + k * step, begin + (k + 1) * step
        end = to if k == pieces - 1 else place(math.cos(b), math.sin(b))
        yield (
            place(math.cos(a) - handle * math.sin(a), math.sin(a) + handle * math.cos(a)),
            place(math.cos(b) + handle * math.sin(b), math.sin(b) - handle * math.cos(b)),
            end,
        )


def matrix_of(text: str) -> Matrix:
    """The matrix (2, 3) of a transform; what is none is left out. Raises Unreadable for one that is not finite."""
    found = np.eye(2, 3)
    for kind, inside in _TRANSFORM.findall(text[:4096]):
        v = [float(word) for word in _WORD.findall(inside) if not word.isalpha()]
        step = _step(kind, v) if all(map(math.isfinite, v)) else None
        if step is None or not np.isfinite(step).all():
            raise Unreadable(f"the transform {text[:40]!r} is none")
        found = combined(found, step)
    return found


def combined(outer: Matrix, inner: Matrix) -> Matrix:
    """What first the inner and then the outer do."""
    with np.errstate(all="ignore"):
        found = np.column_stack([outer[:, :2] @ inner[:, :2], outer[:, :2] @ inner[:, 2] + outer[:, 2]])
    if not np.isfinite(found).all():
        raise Unreadable("transforms go beyond all numbers")
    return found


def _step(kind: str, v: list[float]) -> Matrix | None:
    if kind == "matrix" and len(v) == 6:
        return np.array([[v[0], v[2], v[4]], [v[1], v[3], v[5]]])
    if kind == "translate" and len(v) in (1, 2):
        return np.array([[1, 0, v[0]], [0, 1, v[1] if len(v) > 1 else 0]])
    if kind == "scale" and len(v) in (1, 2):
        return np.array([[v[0], 0, 0], [0, v[-1], 0]], float)
    if kind == "rotate" and len(v) in (1, 3):
        cos, sin = math.cos(math.radians(v[0])), math.sin(math.radians(v[0]))
        x, y = v[1:] or (0.0, 0.0)
        return np.array([[cos, -sin, x - cos * x + sin * y], [sin, cos, y - sin * x - cos * y]])
    if kind in ("skewX", "skewY") and len(v) == 1:
        lean = math.tan(math.radians(v[0]))
        return np.array([[1, lean, 0], [0, 1, 0]]) if kind == "skewX" else np.array([[1, 0, 0], [lean, 1, 0]])
    return None
