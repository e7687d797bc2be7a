"""8-bit layers that give a picture when they are multiplied; the loops over pixels.

Aims are "over white": what a pixel with its alpha shows on white paper. There layers multiply as what they let through,
whatever their alphas: of two with colour c, alpha a and t = 1 − a + a·c, multiplied as in SVG, t is t1·t2.

Each layer's value is chosen given what those before it really give, so that roundings do not add up. Programs with
canvases of 8 bits round after every layer, others do not; the choice lies between what both of them show.
"""

import numpy as np

from impasto.engine.compiling import inner, kernel

f4 = np.float32
ONE, ZERO, HALF, BYTE = f4(1), f4(0), f4(0.5), f4(255)
TRACE = f4(2e-3)  # of what is let through, that is nothing
STATE = 10  # of a pixel: what is let through (3), how clear it is; what 8 bits show (3), and of this group alone (3)
CLEAR, SHOWN, GROUP = 3, 4, 7


@inner
def byte_of(value):
    """0..1 as a whole number 0..255."""
    return np.rint(min(max(value, ZERO), ONE) * BYTE)


@kernel
def begin(aim, clear, state, out):
    """The lowest layer, as it is: aim (h, w, 3), clear (h, w) 0..1; writes state (h, w, STATE) and out (h, w, 4)."""
    for y in range(aim.shape[0]):
        for x in range(aim.shape[1]):
            opaque = byte_of(ONE - clear[y, x])
            a = opaque / BYTE
            pixel = state[y, x]
            pixel[CLEAR] = ONE - a
            out[y, x, 3] = np.uint8(opaque)
            for k in range(3):
                value = byte_of((aim[y, x, k] - (ONE - a)) / a) if opaque > ZERO else ZERO
                out[y, x, k] = np.uint8(value)
                pixel[k] = ONE - a + a * value / BYTE
                pixel[SHOWN + k] = value
                pixel[GROUP + k] = BYTE


@kernel
def multiply(aim, clear, state, out):
    """One more layer: aim (h, w, 3) of all so far, state (h, w, STATE), changed; writes out (h, w, 4) uint8.

    Over what is opaque it is opaque; else it has the alpha that leaves all as clear as `clear` (h, w), or, if that is
    too little, the least that lets so little through.
    """
    for y in range(aim.shape[0]):
        for x in range(aim.shape[1]):
            pixel = state[y, x]
            before = pixel[CLEAR]
            if before <= TRACE:
                out[y, x, 3] = np.uint8(255)
                for k in range(3):
                    shown = np.rint(pixel[SHOWN + k] * pixel[GROUP + k] / BYTE) / BYTE
                    middle = HALF * (shown + pixel[k])
                    value = byte_of(aim[y, x, k] / middle) if middle > TRACE else BYTE
                    out[y, x, k] = np.uint8(value)
                    pixel[k] *= value / BYTE
                    pixel[GROUP + k] = np.rint(pixel[GROUP + k] * value / BYTE)
                continue
            least = clear[y, x] / before
            for k in range(3):
                if pixel[k] > TRACE:
                    least = min(least, aim[y, x, k] / pixel[k])
            opaque = byte_of(ONE - least)
            a = opaque / BYTE
            out[y, x, 3] = np.uint8(opaque)
            pixel[CLEAR] = before * (ONE - a)
            for k in range(3):
                value = ZERO
                if opaque > ZERO:
                    through = min(aim[y, x, k] / pixel[k], ONE) if pixel[k] > TRACE else ONE
                    value = byte_of((through - (ONE - a)) / a)
                    pixel[k] *= ONE - a + a * value / BYTE
                out[y, x, k] = np.uint8(value)


@kernel
def close(state):
    """A group is whole: programs lay it over what is below it. state: (h, w, STATE), changed."""
    for y in range(state.shape[0]):
        for x in range(state.shape[1]):
            pixel = state[y, x]
            for k in range(3):
                pixel[SHOWN + k] = np.rint(pixel[SHOWN + k] * pixel[GROUP + k] / BYTE)
                pixel[GROUP + k] = BYTE


def try_kernels() -> None:
    """Multiply a layer of one pixel, so that the kernels are compiled."""
    aim, state, out = np.ones((1, 1, 3), f4), np.zeros((1, 1, STATE), f4), np.zeros((1, 1, 4), np.uint8)
    begin(aim, aim[..., 0].copy(), state, out)
    multiply(aim, aim[..., 0].copy(), state, out)
    close(state)
