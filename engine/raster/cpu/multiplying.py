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
EXACT = f4(0.2)  # how much it matters what programs show that do not round
NUDGE = 3  # most that a value changes for what programs round
# Of a pixel: what is let through (3), how clear it is; in 8 bits colours and alpha of all that is done, of this group
CLEAR, WHOLE, GROUP, STATE = 3, 4, 8, 12


@inner
def byte_of(value):
    """0..1 as a whole number 0..255."""
    return np.rint(min(max(value, ZERO), ONE) * BYTE)


@inner
def lay_multiplied(before, under, colour, alpha):
    """A channel of one 8-bit pixel multiplied by what is below, before, with an alpha, under: as programs round it."""
    if under <= ZERO:
        return colour
    mixed = np.rint(colour * before / BYTE)
    own = np.rint((BYTE - alpha) * under * before / (BYTE * BYTE))
    own += np.rint(alpha * (BYTE - under) * colour / (BYTE * BYTE)) + np.rint(alpha * under * mixed / (BYTE * BYTE))
    together = united(under, alpha)
    return min(np.rint(own * BYTE / together), BYTE) if together > ZERO else ZERO


@inner
def united(under, alpha):
    """The 8-bit alpha of one pixel over another."""
    return np.rint(under + alpha - under * alpha / BYTE)


@inner
def put_multiplied(below, top):
    """A whole 8-bit pixel (4,), as it is then, below; top (4,)."""
    for k in range(3):
        below[k] = lay_multiplied(below[k], below[3], top[k], top[3])
    below[3] = united(below[3], top[3])


@inner
def through(colour, alpha):
    """What a channel of an 8-bit pixel lets through."""
    return ONE - alpha * (BYTE - colour) / (BYTE * BYTE)


@inner
def seen(whole, group, colour, alpha, channel, last):
    """What programs let through of an 8-bit pixel that is multiplied by its group; last: which is then put over all."""
    own = lay_multiplied(group[channel], group[3], colour, alpha)
    dense = united(group[3], alpha)
    if last:
        return through(lay_multiplied(whole[channel], whole[3], own, dense), united(whole[3], dense))
    return through(whole[channel], whole[3]) * through(own, dense)


@kernel
def begin(aim, clear, state, out):
    """The lowest layer, as it is: aim (h, w, 3), clear (h, w) 0..1; writes state (h, w, STATE) and out (h, w, 4)."""
    for y in range(aim.shape[0]):
        for x in range(aim.shape[1]):
            opaque = byte_of(ONE - clear[y, x])
            a = opaque / BYTE
            pixel = state[y, x]
            pixel[CLEAR] = ONE - a
            pixel[WHOLE + 3] = opaque
            out[y, x, 3] = np.uint8(opaque)
            for k in range(3):
                value = byte_of((aim[y, x, k] - (ONE - a)) / a) if opaque > ZERO else ZERO
                out[y, x, k] = np.uint8(value)
                pixel[k] = ONE - a + a * value / BYTE
                pixel[WHOLE + k] = value


@kernel
def multiply(aim, clear, last, state, out):
    """One more layer: aim (h, w, 3) of all so far, state (h, w, STATE), changed; writes out (h, w, 4) uint8.

    Over what is opaque it is opaque; else it has the alpha that leaves all as clear as `clear` (h, w), or, if that is
    too little, the least that lets so little through. last: of its group.
    """
    layer = np.empty(4, f4)
    before = np.empty(3, f4)
    for y in range(aim.shape[0]):
        for x in range(aim.shape[1]):
            pixel = state[y, x]
            whole = pixel[WHOLE : WHOLE + 4]
            group = pixel[GROUP : GROUP + 4]
            for k in range(3):
                before[k] = HALF * (pixel[k] + through(whole[k], whole[3]) * through(group[k], group[3]))
            opaque = BYTE
            if pixel[CLEAR] > TRACE:
                shown = (ONE - whole[3] / BYTE) * (ONE - group[3] / BYTE)
                least = clear[y, x] / max(HALF * (pixel[CLEAR] + shown), TRACE)
                for k in range(3):
                    if before[k] > TRACE:
                        least = min(least, aim[y, x, k] / before[k])
                opaque = byte_of(ONE - least)
            a = opaque / BYTE
            layer[3] = opaque
            out[y, x, 3] = np.uint8(opaque)
            pixel[CLEAR] *= ONE - a
            for k in range(3):
                value = ZERO
                if opaque > ZERO:
                    wanted = min(aim[y, x, k] / before[k], ONE) if before[k] > TRACE else ONE
                    value = byte_of((wanted - (ONE - a)) / a)
                    if opaque < BYTE:
                        best = f4(9)
                        middle = value
                        for nudge in range(-NUDGE, NUDGE + 1):
                            tried = min(max(middle + f4(nudge), ZERO), BYTE)
                            exact = pixel[k] * (ONE - a + a * tried / BYTE)
                            off = abs(seen(whole, group, tried, opaque, k, last) - aim[y, x, k])
                            off += EXACT * abs(exact - aim[y, x, k])
                            if off < best:
                                best = off
                                value = tried
                    pixel[k] *= ONE - a + a * value / BYTE
                layer[k] = value
                out[y, x, k] = np.uint8(value)
            put_multiplied(group, layer)


@kernel
def close(state):
    """A group is whole: programs lay it over what is below it. state: (h, w, STATE), changed."""
    for y in range(state.shape[0]):
        for x in range(state.shape[1]):
            group = state[y, x, GROUP : GROUP + 4]
            put_multiplied(state[y, x, WHOLE : WHOLE + 4], group)
            group[:] = ZERO


def try_kernels() -> None:
    """Multiply a layer of one pixel, so that the kernels are compiled."""
    aim, out = np.ones((1, 1, 3), f4), np.zeros((1, 1, 4), np.uint8)
    state = blank(1, 1)
    begin(aim, aim[..., 0].copy(), state, out)
    multiply(aim, aim[..., 0].copy(), True, state, out)
    close(state)


def blank(height: int, width: int) -> np.ndarray:
    """The state of pixels that nothing lies on, (height, width, STATE)."""
    state = np.zeros((height, width, STATE), f4)
    state[..., :WHOLE] = 1
    return state
