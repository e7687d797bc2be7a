"""The kernels of `engine.painting.borders`, which says what they are for."""

from __future__ import annotations

import numpy as np

from impasto.engine.compiling import inner, kernel

f4 = np.float32
NONE = 255  # `region_masks.NO_LABEL`, for kernels
REACH = 3  # pixels around one that are smoothed over
_STEP = f4(1.5)  # pixels from nothing to all; as steep as a pixel is wide, as it is round at both ends


@kernel
def find_strongest(masks, top, bottom, one, two, part):
    """Which two have most of each pixel of the rows top..bottom, and what the first has of both."""
    for y in range(top, bottom):
        for x in range(one.shape[1]):
            a, b, most, next_most = 0, 0, 0, 0
            for k in range(masks.shape[0]):
                m = int(masks[k, y, x])
                if m > most:
                    b, next_most, a, most = a, most, k, m
                elif m > next_most:
                    b, next_most = k, m
            one[y, x] = a
            two[y, x] = b if next_most > 0 else a
            part[y, x] = (255 * most + (most + next_most) // 2) // max(most + next_most, 1)


@kernel
def find_steps(masks, one, mixed, top, steps):
    """How steep the mask of the region that is strongest at a mixed pixel is there, 255ths of a step per pixel."""
    height, width = one.shape
    for row in range(steps.shape[0]):
        y = top + row
        above, below = max(y - 1, 0), min(y + 1, height - 1)
        for x in range(width):
            if mixed[y, x]:
                k = one[y, x]
                left, right = max(x - 1, 0), min(x + 1, width - 1)
                across = f4(masks[k, y, right]) - f4(masks[k, y, left])
                down = f4(masks[k, below, x]) - f4(masks[k, above, x])
                steps[row, x] = min(int(np.sqrt(across * across + down * down) / f4(2)), 255)


@kernel
def find_extents(labels, extents):
    """First and last row and column, exclusive, of each label (K, 4); all 0 where there is none."""
    for y in range(labels.shape[0]):
        x, before = 0, 0
        while x < labels.shape[1]:
            before, k = x, labels[y, x]
            while x < labels.shape[1] and labels[y, x] == k:
                x += 1
            if k < extents.shape[0]:
                if extents[k, 1] == 0:
                    extents[k, 0], extents[k, 2] = y, before
                extents[k, 1] = y + 1
                extents[k, 2] = min(extents[k, 2], before)
                extents[k, 3] = max(extents[k, 3], x)


@kernel
def smooth_labels(labels, mixed, weights, first, second, share):
    """What lies at the pixels that are mixed and have two regions around; they are mixed no more."""
    height, width = labels.shape
    for y in range(REACH, height - REACH):
        for x in range(REACH, width - REACH):
            if not mixed[y, x]:
                continue
            a, b = labels[y, x], labels[y, x]
            own, others = f4(0), 0
            for dy in range(-REACH, REACH + 1):
                for dx in range(-REACH, REACH + 1):
                    k = labels[y + dy, x + dx]
                    if k == a:
                        own += weights[dy + REACH] * weights[dx + REACH]
                    elif k != b:
                        others += 1
                        b = k
                        if k == NONE:
                            a = NONE
            if others > 1 and a != NONE:
                continue
            mixed[y, x] = False
            if a == NONE:
                share[y, x] = 0
            elif others == 1:
                ahead = max(own, f4(1) - own)
                first[y, x], second[y, x] = (a, b) if own >= f4(0.5) else (b, a)
                share[y, x] = max(int(f4(255) * ahead + f4(0.5)), 128)


@kernel
def smooth(one, two, part, mixed, none, patience, weights, top, bottom, first, second, share):
    """What lies at the mixed pixels of the rows top..bottom.

    patience: by how much another region may be ahead at a pixel that is of one, which then stays just ahead.
    """
    height, width = one.shape
    values = np.zeros(256, f4)
    met = np.zeros(256, np.int64)
    for y in range(top, bottom):
        for x in range(width):
            if not mixed[y, x]:
                continue
            count, known = 0, True
            for dy in range(-REACH, REACH + 1):
                v = min(max(y + dy, 0), height - 1)
                for dx in range(-REACH, REACH + 1):
                    u = min(max(x + dx, 0), width - 1)
                    a, b = one[v, u], two[v, u]
                    if a == none:
                        known = False
                    weight = weights[dy + REACH] * weights[dx + REACH]
                    own = weight if a == b else weight * f4(part[v, u]) / f4(255)
                    if values[a] == f4(0):
                        met[count] = a
                        count += 1
                    values[a] += own
                    if a != b:
                        if values[b] == f4(0):
                            met[count] = b
                            count += 1
                        values[b] += weight - own
            a, b = met[0], -1
            for n in range(1, count):
                k = met[n]
                if values[k] > values[a] or (values[k] == values[a] and k < a):
                    a, b = k, a
                elif b < 0 or values[k] > values[b] or (values[k] == values[b] and k < b):
                    b = k
            ahead = f4(1)
            if b >= 0:
                own = one[y, x]
                if own != a and values[a] - values[own] < patience * (values[a] + values[own]):
                    a, b = own, a
                lead = (values[a] - values[b]) / (values[a] + values[b])
                ahead = f4(0.5) + f4(0.5) * max(lead, f4(0.02))
            for n in range(count):
                values[met[n]] = f4(0)
            first[y, x] = a
            second[y, x] = b if b >= 0 else a
            share[y, x] = max(int(f4(255) * ahead + f4(0.5)), 128) if known else 0


@inner
def _add(regions, sums, count, region, value, weight, down, across):
    """Add a region's value at a tap to the sums (8, 3) of its value and slopes; returns how many regions there are."""
    for n in range(count):
        if regions[n] == region:
            sums[n, 0] += weight * value
            sums[n, 1] += down * value
            sums[n, 2] += across * value
            return count
    regions[count] = region
    sums[count, 0] = weight * value
    sums[count, 1] = down * value
    sums[count, 2] = across * value
    return count + 1


@inner
def _line(first, second, share, y, x, v, u, dv, du, regions, sums):
    """The two regions at a place between the rows y, v and the columns x, u, and the first's share; dv, du: where.

    The slopes are in sums[:2, 1:] afterwards. The share is below 0 where nothing is known.
    """
    if share[y, x] == 0 or share[y, u] == 0 or share[v, x] == 0 or share[v, u] == 0:
        return 0, 0, f4(-1), f4(0), f4(0)
    a = first[y, x]
    if (
        a == first[y, u] and a == first[v, x] and a == first[v, u]
        and min(min(share[y, x], share[y, u]), min(share[v, x], share[v, u])) == 255
    ):  # fmt: skip
        return a, a, f4(1), f4(0), f4(0)
    count = 0
    for tap in range(4):
        row, column = (y if tap < 2 else v), (x if tap % 2 == 0 else u)
        a, b = (f4(1) - dv if tap < 2 else dv), (f4(1) - du if tap % 2 == 0 else du)
        down, across = (-b if tap < 2 else b), (-a if tap % 2 == 0 else a)
        own = f4(share[row, column]) / f4(255)
        count = _add(regions, sums, count, first[row, column], own, a * b, down, across)
        if share[row, column] < 255:
            count = _add(regions, sums, count, second[row, column], f4(1) - own, a * b, down, across)
    best, other = 0, -1
    for n in range(1, count):
        if sums[n, 0] > sums[best, 0]:
            best, other = n, best
        elif other < 0 or sums[n, 0] > sums[other, 0]:
            other = n
    if other < 0:
        return regions[best], regions[best], f4(1), f4(0), f4(0)
    lead = sums[best, 0] - sums[other, 0]
    return regions[best], regions[other], lead, sums[best, 1] - sums[other, 1], sums[best, 2] - sums[other, 2]


@inner
def _place(n, length, new):
    """The pixels before and behind the middle of pixel n of `new`, of a length, and how far it is from the one."""
    at = (n + 0.5) * length / new - 0.5
    before = int(np.floor(at))
    return min(max(before, 0), length - 1), min(max(before + 1, 0), length - 1), f4(at - before)


@kernel
def spread_rows(
    masks, first, second, share, hard, plain, fine_first, fine_second, fine_share, fine_height, fine_width, fine_top,
    height, width, top, bottom, boxes, store
):  # fmt: skip
    """Write the rows top..bottom of all masks at a size, into the store.

    The fields are that of the masks, and that of finer labels from the row fine_top on (fine_height 0: there are none).
    """
    tall, wide = masks.shape[1:]
    regions, sums = np.empty(8, np.int64), np.empty((8, 3), f4)
    for row in range(top, bottom):
        y, v, dv = _place(row, tall, height)
        nearest_y = min(int((row + 0.5) * tall / height), tall - 1)
        for column in range(width):
            nearest_x = min(int((column + 0.5) * wide / width), wide - 1)
            if plain[nearest_y, nearest_x]:
                k = first[nearest_y, nearest_x]
                store[boxes[k, 0] + (row - boxes[k, 1]) * boxes[k, 4] + column - boxes[k, 2]] = 255
                continue
            x, u, du = _place(column, wide, width)
            line = (f4(1) - dv) * ((f4(1) - du) * f4(hard[y, x]) + du * f4(hard[y, u]))
            line += dv * ((f4(1) - du) * f4(hard[v, x]) + du * f4(hard[v, u]))
            line = f4(1) if line > f4(254.5) else line / f4(255)
            a, b, part = 0, 0, f4(1)
            if line > f4(0):
                lead, down, across = f4(-1), f4(0), f4(0)
                if fine_height > 0:
                    fy, fv, fdv = _place(row, fine_height, height)
                    fx, fu, fdu = _place(column, fine_width, width)
                    a, b, lead, down, across = _line(
                        fine_first, fine_second, fine_share, fy - fine_top, fx, fv - fine_top, fu, fdv, fdu,
                        regions, sums,
                    )  # fmt: skip
                    down, across = down * f4(fine_height / height), across * f4(fine_width / width)
                if lead < f4(0):
                    a, b, lead, down, across = _line(first, second, share, y, x, v, u, dv, du, regions, sums)
                    down, across = down * f4(tall / height), across * f4(wide / width)
                slope = np.sqrt(down * down + across * across) * _STEP
                if b != a and lead < f4(0.5) * slope:
                    at = f4(0.5) + lead / slope
                    part = at * at * (f4(3) - f4(2) * at)
            if line >= f4(1):
                p = int(part * f4(255) + f4(0.5))
                if p > 0:
                    store[boxes[a, 0] + (row - boxes[a, 1]) * boxes[a, 4] + column - boxes[a, 2]] = p
                if p < 255:
                    store[boxes[b, 0] + (row - boxes[b, 1]) * boxes[b, 4] + column - boxes[b, 2]] = 255 - p
                continue
            total, before = f4(0), 0
            for k in range(masks.shape[0]):
                soft = (f4(1) - dv) * ((f4(1) - du) * f4(masks[k, y, x]) + du * f4(masks[k, y, u]))
                soft += dv * ((f4(1) - du) * f4(masks[k, v, x]) + du * f4(masks[k, v, u]))
                total += (f4(1) - line) * soft
                if line > f4(0):
                    if k == a:
                        total += line * part * f4(255)
                    if k == b:
                        total += line * (f4(1) - part) * f4(255)
                now = min(int(total + f4(0.5)), 255)
                if now > before:
                    store[boxes[k, 0] + (row - boxes[k, 1]) * boxes[k, 4] + column - boxes[k, 2]] = now - before
                    before = now


@kernel
def lay_front(store, boxes, front, top, left, first, end):
    """Take from all masks in the store what a mask in front of them hides, in the rows first..end of that one.

    top, left: where its pixels begin. Running sums are rounded, as in `region_masks.running_parts`.
    """
    for y in range(first, end):
        row = top + y
        for x in range(front.shape[1]):
            if front[y, x] == 0:
                continue
            column, rest = left + x, 255 - int(front[y, x])
            total, before = 0, 0
            for k in range(boxes.shape[0]):
                v, u = row - boxes[k, 1], column - boxes[k, 2]
                if v < 0 or u < 0 or v >= boxes[k, 3] or u >= boxes[k, 4]:
                    continue
                at = boxes[k, 0] + v * boxes[k, 4] + u
                total += int(store[at])
                now = (total * rest + 127) // 255
                store[at] = now - before
                before = now
