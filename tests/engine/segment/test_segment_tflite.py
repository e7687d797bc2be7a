"""Networks in TensorFlow Lite's format: what each step computes, and files that are damaged or hostile."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from tiny_tflite import Net, red_is_a_person

from impasto.engine.errors import ImpastoError
from impasto.engine.segment.networks.tflite import read_tflite
from impasto.engine.segment.networks.tflite_network import TfliteNetwork

HEIGHT, WIDTH = 7, 10
RANDOM = np.random.default_rng(3)
PICTURE = RANDOM.random((HEIGHT, WIDTH, 3), np.float32)


def network(data: bytes) -> TfliteNetwork:
    return TfliteNetwork(read_tflite(data, "net.tflite", "fetch it again"), "net.tflite", "fetch it again")


def ran(net: Net, result: int, **changes: Any) -> np.ndarray:
    """(H, W, C) of what a network makes of the picture."""
    maps = network(net.data(result, **changes))(torch.from_numpy(PICTURE).permute(2, 0, 1)[None])
    return maps[0].permute(1, 2, 0).numpy()


def refusal(data: bytes) -> str:
    with pytest.raises(ImpastoError) as caught:
        network(data)(torch.from_numpy(PICTURE).permute(2, 0, 1)[None])
    sentence = str(caught.value)
    assert sentence.startswith("net.tflite is no network that can be used here (") and "\n" not in sentence
    assert sentence.endswith("; fetch it again")
    return sentence


def convolved(picture: np.ndarray, weight: np.ndarray, stride: int, same: bool) -> np.ndarray:
    """By TensorFlow's definition, pixel by pixel: of SAME padding the smaller half comes first."""
    high, wide = weight.shape[1:3]
    if same:
        pads = [
            max((math.ceil(side / stride) - 1) * stride + kernel - side, 0)
            for side, kernel in zip(picture.shape[:2], (high, wide), strict=True)
        ]
        picture = np.pad(picture, [(pad // 2, pad - pad // 2) for pad in pads] + [(0, 0)])
    rows = range(0, picture.shape[0] - high + 1, stride)
    columns = range(0, picture.shape[1] - wide + 1, stride)
    return np.array(
        [[np.einsum("hwc,ohwc->o", picture[y : y + high, x : x + wide], weight) for x in columns] for y in rows]
    )


def halves(*shape: int) -> np.ndarray:
    """Random numbers that half precision holds exactly."""
    return RANDOM.integers(-8, 9, shape) / 8


@pytest.mark.parametrize("kernel", [(1, 1), (3, 3), (2, 5)])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("same", [True, False])
def test_convolutions(kernel, stride, same):
    weight, bias = halves(4, *kernel, 3), halves(4)
    net = Net(HEIGHT, WIDTH)
    wanted = convolved(PICTURE, weight, stride, same) + bias
    np.testing.assert_allclose(ran(net, net.conv(net.input, weight, bias, stride, same)), wanted, atol=1e-5)
    # one filter for each channel
    weight, bias = halves(1, *kernel, 3), halves(3)
    net = Net(HEIGHT, WIDTH)
    result = ran(net, net.conv(net.input, weight, bias, stride, same, deep=False))
    wanted = convolved(PICTURE, weight[0] * np.eye(3)[:, None, None], stride, same) + bias
    np.testing.assert_allclose(result, wanted, atol=1e-5)


@pytest.mark.parametrize(
    ("activation", "function"), [(0, lambda x: x), (1, lambda x: x.clip(0)), (3, lambda x: x.clip(0, 6))]
)
def test_activations_within_a_step(activation, function):
    weight, bias = halves(2, 1, 1, 3) * 16, halves(2)
    net = Net(HEIGHT, WIDTH)
    wanted = function(convolved(PICTURE, weight, 1, True) + bias)
    np.testing.assert_allclose(ran(net, net.conv(net.input, weight, bias, activation=activation)), wanted, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("RELU", lambda x: x.clip(0)),
        ("LOGISTIC", lambda x: 1 / (1 + np.exp(-x))),
        ("HARD_SWISH", lambda x: x * (x + 3).clip(0, 6) / 6),
    ],
)
def test_functions(name, function):
    net = Net(HEIGHT, WIDTH)
    stretched = net.conv(net.input, np.eye(3)[:, None, None] * 12, [-6, -6, -6])
    result = ran(net, net.step(name, [stretched], (1, HEIGHT, WIDTH, 3)))
    np.testing.assert_allclose(result, function(PICTURE * 12.0 - 6), atol=1e-5)


def test_means_sums_and_products():
    net = Net(HEIGHT, WIDTH)
    pool = {0: 1, 1: WIDTH, 2: HEIGHT, 3: WIDTH, 4: HEIGHT}
    mean = net.step("AVERAGE_POOL_2D", [net.input], (1, 1, 1, 3), pool)
    product = net.step("MUL", [net.input, mean], (1, HEIGHT, WIDTH, 3), {0: 0})
    result = ran(net, net.step("ADD", [product, net.input], (1, HEIGHT, WIDTH, 3), {0: 0}))
    np.testing.assert_allclose(result, PICTURE * (1 + PICTURE.mean((0, 1))), atol=1e-5)


def test_enlarging():
    net = Net(HEIGHT, WIDTH)
    size = net.constant([2 * HEIGHT, 2 * WIDTH], "i4")
    centred = ran(net, net.step("RESIZE_BILINEAR", [net.input, size], (1, 2 * HEIGHT, 2 * WIDTH, 3), {3: True}))
    row = PICTURE[0]
    np.testing.assert_allclose(centred[0, :3], [row[0], 0.75 * row[0] + 0.25 * row[1], 0.25 * row[0] + 0.75 * row[1]],
                               atol=1e-6)  # fmt: skip
    net = Net(HEIGHT, WIDTH)
    size = net.constant([2 * HEIGHT - 1, 2 * WIDTH - 1], "i4")
    shape = (1, 2 * HEIGHT - 1, 2 * WIDTH - 1, 3)
    corners = ran(net, net.step("RESIZE_BILINEAR", [net.input, size], shape, {2: True}))
    np.testing.assert_allclose(corners[::2, ::2], PICTURE, atol=1e-6)
    np.testing.assert_allclose(corners[0, 1], (row[0] + row[1]) / 2, atol=1e-6)


def test_transposed_convolutions():
    weight, bias = halves(2, 2, 2, 3), halves(2)
    net = Net(HEIGHT, WIDTH)
    options = np.array([1, 2, 2], "<i4").tobytes()
    inputs = [net.input, net.half(weight), net.half(bias)]
    result = ran(net, net.step("CUSTOM", inputs, (1, 2 * HEIGHT, 2 * WIDTH, 2), options))
    for dy, dx in np.ndindex(2, 2):
        wanted = PICTURE @ weight[:, dy, dx].T + bias
        np.testing.assert_allclose(result[dy::2, dx::2], wanted, atol=1e-5)


def _steps(change: str) -> bytes:
    """A network with something wrong."""
    net = Net(HEIGHT, WIDTH, 4 if change == "four colours" else 3)
    shape, x, changes = (1, HEIGHT, WIDTH, 3), net.input, {}
    if change == "unknown step":
        x = net.step("SOFTMAX", [x], shape)
    elif change == "unknown custom step":
        x, changes = net.step("CUSTOM", [x], shape, bytes(12)), {"custom": b"Evil"}
    elif change == "another result":
        x = net.step("RELU", [x], (1, HEIGHT, WIDTH + 1, 3))
    elif change == "more channels":
        x = net.conv(x, np.zeros((900, 1, 1, 3)), np.zeros(900))
        net.tensors[x][0] = np.array(shape)
    elif change == "huge result":
        x = net.step("RELU", [x], (1, 1 << 15, 1 << 15, 3))
    elif change == "no size":
        x = net.step("RELU", [x], (1, HEIGHT, -1, 3))
    elif change == "flat result":
        x = net.step("RELU", [x], (HEIGHT, WIDTH, 3))
    elif change == "what comes later":
        x = net.step("RELU", [net.step("RELU", [x + 2], shape)], shape)
    elif change == "no such tensor":
        x = net.step("RELU", [77], shape)
    elif change == "one operand":
        x = net.step("ADD", [x], shape, {0: 0})
    elif change == "weights do not fit":
        x = net.conv(x, np.zeros((2, 1, 1, 5)), [0, 0])
    elif change == "weights are not constant":
        x = net.step("CONV_2D", [x, x, x], shape, {1: 1, 2: 1})
    elif change == "not a number":
        x = net.conv(x, np.full((3, 1, 1, 3), np.nan), [0, 0, 0])
    elif change == "huge stride":
        x = net.step("AVERAGE_POOL_2D", [x], shape, {1: 1 << 30, 2: 1, 3: 1, 4: 1})
    elif change == "dilated":
        x = net.step("CONV_2D", [x, net.half(np.zeros((3, 1, 1, 3))), net.half([0, 0, 0])], shape, {1: 1, 2: 1, 4: 2})
    elif change == "old resize":
        x = net.step("RESIZE_BILINEAR", [x, net.constant([HEIGHT, WIDTH], "i4")], shape, {3: False})
    elif change == "quantised":
        x = net.step("DEQUANTIZE", [x], shape)
    elif change == "two graphs":
        x, changes = net.step("RELU", [x], shape), {"graphs": 2}
    elif change == "wrong length":
        x = net.conv(x, np.zeros((3, 1, 1, 3)), [0, 0, 0])
        net.buffers[1] = {0: bytes(4)}
    elif change == "output is made twice":
        x = net.step("RELU", [net.input], shape)
        net.operators.append(net.operators[-1])
    elif change == "four colours":
        x = net.step("RELU", [x], (1, HEIGHT, WIDTH, 4))
    return net.data(x, **changes)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("nothing", "nothing leads to its output"), ("unknown step", "steps of an unknown kind, 25"),
        ("unknown custom step", "an unknown step of its own"), ("another result", "RELU does not give what is said"),
        ("more channels", "CONV_2D does not give what is said"),
        ("huge result", "an impossible size"), ("no size", "an impossible size"), ("flat result", "not give maps"),
        ("what comes later", "what is not there yet"), ("no such tensor", "what it does not have"),
        ("one operand", "of its step ADD do not fit"), ("weights do not fit", "of its step CONV_2D do not fit"),
        ("weights are not constant", "of its step CONV_2D do not fit"), ("not a number", "numbers that are none"),
        ("huge stride", "an impossible stride"), ("dilated", "dilated convolutions"),
        ("old resize", "unknown options"), ("quantised", "quantised numbers"), ("two graphs", "no single graph"),
        ("wrong length", "another size than is said"), ("output is made twice", "two steps have the same result"),
        ("four colours", "does not take a picture"),
    ],
)  # fmt: skip
def test_networks_that_cannot_be_used(change, words):
    assert words in refusal(_steps(change))


@pytest.mark.parametrize("data", [b"", b"TFL3", bytes(100), b"\x08\0\0\0TFL3", b"\xff" * 4 + b"TFL3" + b"\xff" * 99])
def test_what_is_no_network(data):
    assert "damaged" in refusal(data) or "another format" in refusal(data)


def test_a_file_cut_short_anywhere():
    data = red_is_a_person(8)
    for length in range(len(data)):
        try:  # padding at the end may be missing
            read_tflite(data[:length], "net.tflite", "fetch it again")
        except ImpastoError as error:
            assert str(error).endswith("; fetch it again")
        else:
            assert length > len(data) - 4


def test_any_damage_is_refused_or_harmless():
    """Every byte changed in some ways, and many at once: whatever comes of it is a network or a refusal."""
    data, random = red_is_a_person(8), np.random.default_rng(5)
    picture = torch.zeros(1, 3, 8, 8)
    damaged = [bytearray(data) for _ in range(3 * len(data) + 300)]
    for row, each in enumerate(damaged):
        if row < 3 * len(data):
            each[row // 3] = (each[row // 3] ^ (1, 0x80, 0xFF)[row % 3]) & 0xFF
        else:
            for at in random.integers(8, len(data), 4):
                each[at] = random.integers(256)
    refused = 0
    for each in damaged:
        try:
            usable = network(bytes(each))
            if usable.size == (8, 8):
                assert usable(picture).shape[0] == 1
        except ImpastoError as error:
            assert str(error).endswith("; fetch it again")
            refused += 1
    assert 0.2 < refused / len(damaged) < 0.95
