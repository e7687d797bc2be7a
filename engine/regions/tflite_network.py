"""Running a network that `engine.regions.tflite` has read. Importing this module imports torch."""

import torch
from torch import Tensor
from torch.nn import functional

from engine.errors import ImpastoError
from engine.regions.tflite import Graph, Operator

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

    def __init__(self, graph: Graph, name: str, remedy: str) -> None:
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
            height, width, channels = self._shape(operator)
            try:
                result = _FUNCTIONS[operator.activation](self._step(operator, there, (height, width)))
            except (RuntimeError, KeyError, ValueError) as error:
                raise self._refusal(f"the parts of its step {operator.name} do not fit") from error
            if result.shape != (1, channels, height, width):
                raise self._refusal(f"its step {operator.name} does not give what is said")
            there[operator.output] = result
        return there[self._graph.output]

    def _shape(self, operator: Operator) -> tuple[int, int, int]:
        """Height, width and channels that an operator says it gives."""
        shape = self._graph.shapes[operator.output]
        if len(shape) != 4 or shape[0] != 1:
            raise self._refusal(f"its step {operator.name} does not give maps")
        return shape[1], shape[2], shape[3]

    def _step(self, operator: Operator, there: dict[int, Tensor], size: tuple[int, int]) -> Tensor:
        """What comes of an operator before its activation. Raises KeyError where what it needs is not there."""
        x = there[operator.inputs[0]]
        if operator.name in _WEIGHTED:
            _, weight, bias = operator.inputs
            return _convolved(operator, x, self._weights[weight], self._weights[bias])
        if operator.name in ("ADD", "MUL"):
            _, other = operator.inputs
            return x + there[other] if operator.name == "ADD" else x * there[other]
        if operator.name == "RESIZE_BILINEAR":
            return functional.interpolate(x, size, mode="bilinear", align_corners=operator.corners)
        if operator.name == "AVERAGE_POOL_2D":
            if operator.padding != "VALID":
                raise ValueError("at the sides, fewer pixels would have to be averaged")
            return functional.avg_pool2d(x, operator.window, operator.stride)
        return _FUNCTIONS[operator.name](x)

    def _refusal(self, why: str) -> ImpastoError:
        return ImpastoError(f"{self._name} is no network that can be used here ({why}); {self._remedy}")


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
