"""Running a network that `engine.segment.networks.tflite` has read. Importing this module imports torch."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from impasto.engine.errors import ImpastoError
from impasto.engine.segment.networks.tflite import Operator, TfliteGraph

_WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV_2D")
_FUNCTIONS = {
    "": lambda x: x,
    "RELU": functional.relu,
    "RELU6": functional.relu6,
    "HARD_SWISH": functional.hardswish,
    "LOGISTIC": torch.sigmoid,
}


class TfliteNetwork:
    """A network from a picture to maps, on the CPU."""

    def __init__(self, graph: TfliteGraph, name: str, remedy: str) -> None:
        """Take what was read; refusals call it `name` and end with `remedy`.

        Raises ImpastoError if it does not take a picture in three colours.
        """
        self._graph, self._name, self._remedy = graph, name, remedy
        self._weights = {number: torch.from_numpy(values) for number, values in graph.constants.items()}
        shape = graph.shapes[graph.input]
        if len(shape) != 4 or shape[0] != 1 or shape[3] != 3:
            raise self._refusal("it does not take a picture")
        self.size: tuple[int, int] = shape[1], shape[2]
        """Height and width of the pictures it takes."""

    @torch.inference_mode()
    def __call__(self, rgb: Tensor) -> Tensor:
        """Return maps (1, C, H, W) of rgb (1, 3, *size). Raises ImpastoError if the network's steps do not fit."""
        there = {self._graph.input: rgb}
        for operator in self._graph.operators:
            said = self._shape(operator)
            try:
                first, *others = _operands(operator, there, self._weights)
                fits = _result(operator, first.shape[1:], [other.shape for other in others], said[1:]) == said
                if fits:  # else it might be huge
                    there[operator.output] = _done(operator, first, others, said[1:])
            except (RuntimeError, KeyError, ValueError) as error:
                raise self._refusal(f"the parts of its step {operator.name} do not fit") from error
            if not fits:
                raise self._refusal(f"its step {operator.name} does not give what is said")
        return there[self._graph.output]

    def _shape(self, operator: Operator) -> tuple[int, int, int]:
        """Channels, height and width that an operator says it gives."""
        shape = self._graph.shapes[operator.output]
        if len(shape) != 4 or shape[0] != 1:
            raise self._refusal(f"its step {operator.name} does not give maps")
        return shape[3], shape[1], shape[2]

    def _refusal(self, why: str) -> ImpastoError:
        return ImpastoError(f"{self._name} is no network that can be used here ({why}); {self._remedy}")


def _operands(operator: Operator, there: dict[int, Tensor], weights: dict[int, Tensor]) -> list[Tensor]:
    """What an operator computes with: a map, and another or weights and bias.

    Raises KeyError where one is not there, and ValueError where they are too few or too many.
    """
    first, *others = operator.inputs
    if operator.name in _WEIGHTED:
        weight, bias = others
        if weights[weight].ndim != 4:
            raise ValueError("they are no weights")
        return [there[first], weights[weight], weights[bias]]
    if operator.name in ("ADD", "MUL"):
        (other,) = others
        return [there[first], there[other]]
    return [there[first]]  # a resize knows its size by what it gives


def _result(
    operator: Operator, first: Sequence[int], others: list[torch.Size], size: tuple[int, int]
) -> tuple[int, ...]:
    """Channels, height and width of what comes of a map of some channels, height and width."""
    channels, *sides = first
    if operator.name in ("ADD", "MUL"):
        return tuple(torch.broadcast_shapes(tuple(first), others[0][1:]))
    if operator.name == "RESIZE_BILINEAR":
        return channels, *size
    if operator.name == "TRANSPOSE_CONV_2D":
        return others[0][0], *(side * step for side, step in zip(sides, operator.stride, strict=True))
    if operator.name in _WEIGHTED:
        channels = others[0][3 if operator.name == "DEPTHWISE_CONV_2D" else 0]
    elif operator.name != "AVERAGE_POOL_2D":
        return tuple(first)
    window = others[0][1:3] if others else operator.window
    if operator.padding == "SAME":
        window = (1, 1)
    places = ((side - reach) // step + 1 for side, reach, step in zip(sides, window, operator.stride, strict=True))
    return channels, *places


def _done(operator: Operator, x: Tensor, others: list[Tensor], size: tuple[int, int]) -> Tensor:
    """Do what an operator does. Raises RuntimeError and ValueError where its parts do not fit."""
    if operator.name in _WEIGHTED:
        y = _convolved(operator, x, *others)
    elif operator.name == "ADD":
        y = x + others[0]
    elif operator.name == "MUL":
        y = x * others[0]
    elif operator.name == "RESIZE_BILINEAR":
        y = functional.interpolate(x, size, mode="bilinear", align_corners=operator.corners)
    elif operator.name == "AVERAGE_POOL_2D":
        if operator.padding != "VALID":
            raise ValueError("at the sides, fewer pixels would have to be averaged")
        y = functional.avg_pool2d(x, operator.window, operator.stride)
    else:
        y = _FUNCTIONS[operator.name](x)
    return _FUNCTIONS[operator.activation](y)


def _convolved(operator: Operator, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """A convolution; its weights are (results, height, width, channels), or (1, height, width, results) depthwise."""
    kernel = weight.shape[1], weight.shape[2]
    if operator.name == "TRANSPOSE_CONV_2D":
        if kernel != operator.stride:
            raise ValueError("what overlaps would have to be cut")
        return functional.conv_transpose2d(x, weight.permute(3, 0, 1, 2), bias, operator.stride)
    if operator.padding == "SAME":
        pads = [
            max((-(-side // step) - 1) * step + reach - side, 0)
            for side, step, reach in zip(x.shape[2:], operator.stride, kernel, strict=True)
        ]
        x = functional.pad(x, [side for pad in reversed(pads) for side in (pad // 2, pad - pad // 2)])
    if operator.name == "CONV_2D":
        return functional.conv2d(x, weight.permute(0, 3, 1, 2), bias, operator.stride)
    return functional.conv2d(x, weight.permute(3, 0, 1, 2), bias, operator.stride, groups=x.shape[1])
