"""Reading networks in TensorFlow Lite's format (FlatBuffers), as much of it as small networks for pictures need.

The format is all offsets: each is checked before it is followed, and nothing that the file says is taken for granted.
"""

import math
import struct
from dataclasses import dataclass, field

import numpy as np

from impasto.engine.errors import ImpastoError

_MOST = 4096  # tensors, operators and the like
_MOST_OPERANDS = 8
_MOST_ELEMENTS = 1 << 26  # of all tensors together
_MARK = b"TFL3"
_TYPES = {0: np.dtype("<f4"), 1: np.dtype("<f2"), 2: np.dtype("<i4")}
_CUSTOM = 32
_ACTIVATIONS = {0: "", 1: "RELU", 3: "RELU6"}
_PADDINGS = {0: "SAME", 1: "VALID"}

# Operators by their numbers in the format, and where each option is in its table: field, layout, default.
_WINDOW = {"padding": (0, "b", 0), "across": (1, "i", 0), "down": (2, "i", 0)}
_OPERATORS: dict[int, tuple[str, dict[str, tuple[int, str, int]]]] = {
    0: ("ADD", {"activation": (0, "b", 0)}),
    1: ("AVERAGE_POOL_2D", _WINDOW | {"wide": (3, "i", 0), "high": (4, "i", 0), "activation": (5, "b", 0)}),
    3: ("CONV_2D", _WINDOW | {"activation": (3, "b", 0), "dilated": (4, "i", 1), "dilated_down": (5, "i", 1)}),
    4: (
        "DEPTHWISE_CONV_2D",
        _WINDOW | {"activation": (4, "b", 0), "dilated": (5, "i", 1), "dilated_down": (6, "i", 1)},
    ),
    6: ("DEQUANTIZE", {}),
    14: ("LOGISTIC", {}),
    18: ("MUL", {"activation": (0, "b", 0)}),
    19: ("RELU", {}),
    23: ("RESIZE_BILINEAR", {"corners": (2, "b", 0), "centres": (3, "b", 0)}),
    117: ("HARD_SWISH", {}),
}
_CUSTOM_OPERATORS = {b"Convolution2DTransposeBias": "TRANSPOSE_CONV_2D"}


@dataclass(frozen=True)
class Operator:
    """One step of a network."""

    name: str
    inputs: tuple[int, ...]
    """Numbers of tensors."""
    output: int
    padding: str = "VALID"
    """Or SAME: as many pixels come out as go in, divided by the stride."""
    stride: tuple[int, int] = (1, 1)
    """Down and across, as all pairs here."""
    window: tuple[int, int] = (1, 1)
    """Of pixels that are averaged."""
    corners: bool = False
    """Whether a resize maps the middles of corner pixels to each other."""
    activation: str = ""
    """RELU or RELU6, done after it."""


@dataclass(frozen=True)
class TfliteGraph:
    """A network: what is done to which tensors, numbered; their layout is (batch, height, width, channels)."""

    operators: tuple[Operator, ...]
    """In the order in which they are done; each uses only what is there by then."""
    input: int
    output: int
    shapes: dict[int, tuple[int, ...]]
    """Of every tensor that is used; together they have at most 67 million elements."""
    constants: dict[int, np.ndarray] = field(repr=False)
    """float32, but int32 for sizes."""


def read_tflite(data: bytes, name: str, remedy: str) -> TfliteGraph:
    """Read a network of one input and one output. Damaged or hostile data cost little time and memory.

    Raises ImpastoError, which calls it `name` and ends with `remedy`, for anything else, for operators not known
    here, and for quantised numbers.
    """
    try:
        return _Reader(data).graph()
    except (_Damaged, struct.error, UnicodeDecodeError) as error:
        why = str(error) if isinstance(error, _Damaged) else "it is damaged"
        raise ImpastoError(f"{name} is no network that can be used here ({why}); {remedy}") from error


class _Damaged(Exception):
    """What is wrong with a file."""


class _Flat:
    """Tables, vectors and numbers of a FlatBuffer, by their positions; position 0 is none."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def number(self, at: int, layout: str) -> int:
        if at < 0:  # struct would count from the end
            raise _Damaged("an offset leads out of it")
        return struct.unpack_from("<" + layout, self.data, at)[0]

    def place(self, table: int, number: int) -> int:
        """Where a field of a table is, or 0 if it has its default."""
        names = table - self.number(table, "i")
        slot = 4 + 2 * number
        if slot + 2 > self.number(names, "H"):
            return 0
        offset = self.number(names + slot, "H")
        return table + offset if offset else 0

    def scalar(self, table: int, number: int, layout: str, default: int = 0) -> int:
        at = self.place(table, number)
        return self.number(at, layout) if at else default

    def follow(self, at: int) -> int:
        return at + self.number(at, "I")

    def below(self, table: int, number: int) -> int:
        """The table that a field leads to, or 0."""
        at = self.place(table, number)
        return self.follow(at) if at else 0

    def vector(self, table: int, number: int, width: int) -> tuple[int, int]:
        """Where a vector begins, and how many items of `width` bytes it has."""
        at = self.below(table, number)
        if not at:
            return 0, 0
        count = self.number(at, "I")
        if at + 4 + count * width > len(self.data):
            raise _Damaged("it ends too early")
        return at + 4, count

    def content(self, table: int, number: int) -> bytes:
        start, count = self.vector(table, number, 1)
        return self.data[start : start + count]

    def integers(self, table: int, number: int, most: int = _MOST) -> list[int]:
        start, count = self.vector(table, number, 4)
        if count > most:
            raise _Damaged("it is too large")
        return list(struct.unpack_from(f"<{count}i", self.data, start))

    def tables(self, table: int, number: int) -> list[int]:
        start, count = self.vector(table, number, 4)
        if count > _MOST:
            raise _Damaged("it is too large")
        return [self.follow(start + 4 * row) for row in range(count)]


class _Reader:
    def __init__(self, data: bytes) -> None:
        if data[4:8] != _MARK:
            raise _Damaged("it is in another format")
        self.flat = flat = _Flat(data)
        model = flat.follow(0)
        self.codes = flat.tables(model, 1)
        graphs = flat.tables(model, 2)
        self.buffers = flat.tables(model, 4)
        if len(graphs) != 1:
            raise _Damaged("it has no single graph")
        self.top = graphs[0]
        self.tensors = flat.tables(self.top, 0)
        self.shapes: dict[int, tuple[int, ...]] = {}
        self.constants: dict[int, np.ndarray] = {}
        self.elements = 0

    def graph(self) -> TfliteGraph:
        ends = self.flat.integers(self.top, 1), self.flat.integers(self.top, 2)
        if len(ends[0]) != 1 or len(ends[1]) != 1:
            raise _Damaged("it has no single input and output")
        (start,), (end,) = ends
        self._use(start)
        known, same = {start}, {}
        operators = []
        for table in self.flat.tables(self.top, 3):
            operator = self._operator(table, same)
            if not all(each in known or self._constant(each) for each in operator.inputs):
                raise _Damaged("a step needs what is not there yet")
            if operator.output in known or operator.output in self.constants:
                raise _Damaged("two steps have the same result")
            self._use(operator.output)
            if operator.name == "DEQUANTIZE":  # half-precision constants, which are read as what they stand for
                if operator.inputs[0] not in self.constants:
                    raise _Damaged("it computes with quantised numbers")
                same[operator.output] = operator.inputs[0]
            else:
                known.add(operator.output)
                operators.append(operator)
        if end not in known or end == start:
            raise _Damaged("nothing leads to its output")
        return TfliteGraph(tuple(operators), start, end, self.shapes, self.constants)

    def _operator(self, table: int, same: dict[int, int]) -> Operator:
        flat = self.flat
        code = self._item(self.codes, flat.scalar(table, 0, "I"))
        number = max(flat.scalar(code, 0, "b"), flat.scalar(code, 3, "i"))
        inputs = tuple(same.get(each, each) for each in flat.integers(table, 1, _MOST_OPERANDS))
        outputs = flat.integers(table, 2, _MOST_OPERANDS)
        if not inputs or len(outputs) != 1:
            raise _Damaged("a step has no input or no single result")
        if number == _CUSTOM:
            name = _CUSTOM_OPERATORS.get(flat.content(code, 1))
            if name is None:
                raise _Damaged("it has an unknown step of its own")
            # Padding, stride across and down: a struct, not a table.
            padding, across, down = struct.unpack_from("<3i", flat.content(table, 5))
            return Operator(name, inputs, outputs[0], "SAME" if padding == 1 else "VALID", _pair(down, across))
        if number not in _OPERATORS:
            raise _Damaged(f"it has steps of an unknown kind, {number}")
        name, layout = _OPERATORS[number]
        below = flat.below(table, 4)
        values = {key: flat.scalar(below, *where) if below else where[2] for key, where in layout.items()}
        if values.get("dilated", 1) != 1 or values.get("dilated_down", 1) != 1:
            raise _Damaged("it has dilated convolutions")
        activation, padding = values.get("activation", 0), values.get("padding", 1)
        centred = values.get("corners", 1) or values.get("centres", 1)
        if activation not in _ACTIVATIONS or padding not in _PADDINGS or not centred:
            raise _Damaged("a step has unknown options")
        return Operator(
            name,
            inputs,
            outputs[0],
            _PADDINGS[padding],
            _pair(values.get("down", 1), values.get("across", 1)),
            _pair(values.get("high", 1), values.get("wide", 1)),
            bool(values.get("corners")),
            _ACTIVATIONS[activation],
        )

    def _item(self, items: list[int], number: int) -> int:
        if not 0 <= number < len(items):
            raise _Damaged("it refers to what it does not have")
        return items[number]

    def _use(self, number: int) -> None:
        """Note a tensor's shape."""
        if number in self.shapes:
            return
        shape = self.flat.integers(self._item(self.tensors, number), 0, 4)
        self.elements += math.prod(shape)
        if min(shape, default=1) < 1 or self.elements > _MOST_ELEMENTS:
            raise _Damaged("a tensor has an impossible size")
        self.shapes[number] = tuple(shape)

    def _constant(self, number: int) -> bool:
        """Read a tensor's values; False if it has none."""
        if number in self.constants:
            return True
        table = self._item(self.tensors, number)
        content = self.flat.content(self._item(self.buffers, self.flat.scalar(table, 2, "I")), 0)
        kind = _TYPES.get(self.flat.scalar(table, 1, "b"))
        if not content:
            return False
        self._use(number)
        if kind is None:
            raise _Damaged("it computes with quantised numbers")
        if len(content) != math.prod(self.shapes[number]) * kind.itemsize:
            raise _Damaged("a constant has another size than is said")
        values = np.frombuffer(content, kind).reshape(self.shapes[number])
        values = values.astype(np.int32 if kind.kind == "i" else np.float32)
        if not np.isfinite(values).all():
            raise _Damaged("it has numbers that are none")
        self.constants[number] = values
        return True


def _pair(down: int, across: int) -> tuple[int, int]:
    if not (1 <= down <= _MOST and 1 <= across <= _MOST):
        raise _Damaged("a step has an impossible stride or size")
    return down, across
