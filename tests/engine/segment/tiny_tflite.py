"""Writes small networks in TensorFlow Lite's format, step by step."""

import math
import struct
from typing import Any

import numpy as np

CODES = {
    "ADD": 0, "AVERAGE_POOL_2D": 1, "CONV_2D": 3, "DEPTHWISE_CONV_2D": 4, "DEQUANTIZE": 6, "LOGISTIC": 14, "MUL": 18,
    "RELU": 19, "RESIZE_BILINEAR": 23, "SOFTMAX": 25, "CUSTOM": 32, "HARD_SWISH": 117,
}  # fmt: skip
KINDS = {"f4": 0, "f2": 1, "i4": 2}


class Flat:
    """A FlatBuffer. A table is {field: value}: numbers (int), small ones (bool), and what `put` takes."""

    def __init__(self, root: dict) -> None:
        self.data = bytearray(8)
        self.data[4:8] = b"TFL3"
        struct.pack_into("<I", self.data, 0, self.put(root))

    def put(self, value: Any) -> int:
        """Append a table, bytes, a list of tables or an array of numbers; returns its position."""
        self.data += bytes(-len(self.data) % 4)
        if isinstance(value, dict):
            return self._table(value)
        at = len(self.data)
        if isinstance(value, bytes):
            self.data += struct.pack("<I", len(value)) + value
        elif isinstance(value, np.ndarray):
            self.data += struct.pack("<I", value.size) + value.astype("<i4").tobytes()
        else:
            self.data += struct.pack("<I", len(value)) + bytes(4 * len(value))
            for row, item in enumerate(value):
                self._lead(at + 4 + 4 * row, item)
        return at

    def _lead(self, at: int, value: Any) -> None:
        struct.pack_into("<I", self.data, at, self.put(value) - at)

    def _table(self, fields: dict[int, Any]) -> int:
        count = max(fields, default=-1) + 1
        slots = [4 + 4 * sorted(fields).index(n) if n in fields else 0 for n in range(count)]
        names = len(self.data)
        self.data += struct.pack(f"<{2 + count}H", 4 + 2 * count, 4 + 4 * len(fields), *slots)
        self.data += bytes(-len(self.data) % 4)
        at = len(self.data)
        self.data += struct.pack("<i", at - names) + bytes(4 * len(fields))
        for number, value in fields.items():
            if isinstance(value, int):  # a bool, too: one byte of it is read
                struct.pack_into("<i", self.data, at + slots[number], value)
            else:
                self._lead(at + slots[number], value)
        return at


class Net:
    """A network under construction: each method adds a step and returns the number of its result."""

    def __init__(self, height: int, width: int, channels: int = 3) -> None:
        self.tensors: list[dict] = []
        self.buffers: list[dict] = [{}]
        self.operators: list[dict] = []
        self.shapes: list[tuple[int, ...]] = []
        self.input = self.tensor((1, height, width, channels))

    def tensor(self, shape: tuple[int, ...], kind: str = "f4", buffer: int = 0) -> int:
        self.shapes.append(shape)
        self.tensors.append({0: np.array(shape), 1: KINDS[kind], 2: buffer})
        return len(self.tensors) - 1

    def constant(self, values: Any, kind: str = "f4") -> int:
        values = np.asarray(values, f"<{kind}")
        self.buffers.append({0: values.tobytes()})
        return self.tensor(values.shape, kind, len(self.buffers) - 1)

    def half(self, values: Any) -> int:
        """A constant in half precision, and the step that makes it a full one."""
        values = np.asarray(values)
        return self.step("DEQUANTIZE", [self.constant(values, "f2")], values.shape)

    def step(self, name: str, inputs: list[int], shape: tuple[int, ...], options: Any = None) -> int:
        result = self.tensor(shape)
        code = list(CODES).index(name)
        operator = {0: code, 1: np.array(inputs), 2: np.array([result])}
        if isinstance(options, bytes):
            operator[5] = options
        elif options is not None:
            operator |= {3: 1, 4: options}
        self.operators.append(operator)
        return result

    def conv(
        self, x: int, weight: Any, bias: Any, stride: int = 1, same: bool = True, activation: int = 0, deep: bool = True
    ) -> int:
        """weight: (results, height, width, channels), or (1, height, width, channels) if not deep."""
        weight = np.asarray(weight)
        _, height, width, _ = self.shapes[x]
        if not same:
            height, width = height - weight.shape[1] + 1, width - weight.shape[2] + 1
        shape = 1, math.ceil(height / stride), math.ceil(width / stride), weight.shape[0 if deep else 3]
        options = {0: 0 if same else 1, 1: stride, 2: stride, (3 if deep else 4): activation}
        options |= {} if deep else {3: 1}
        name = "CONV_2D" if deep else "DEPTHWISE_CONV_2D"
        return self.step(name, [x, self.half(weight), self.half(bias)], shape, options)

    def data(self, result: int, **changes: Any) -> bytes:
        codes = [{0: min(code, 127), 3: code} for code in CODES.values()]
        codes[list(CODES).index("CUSTOM")][1] = changes.get("custom", b"Convolution2DTransposeBias")
        graph = {0: self.tensors, 1: np.array([self.input]), 2: np.array([result]), 3: self.operators}
        return bytes(Flat({0: 3, 1: codes, 2: [graph] * changes.get("graphs", 1), 4: self.buffers}).data)


def red_is_a_person(size: int = 64, shift: int = 0) -> bytes:
    """A network that takes what is red for a person, or what has red so many pixels to its left."""
    net = Net(size, size)
    weight = np.zeros((1, 1, 2 * shift + 1, 3))
    weight[0, 0, 0] = 40, 0, -40
    return net.data(net.step("LOGISTIC", [net.conv(net.input, weight, [-10])], (1, size, size, 1)))
