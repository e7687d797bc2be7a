"""Kernels of the tracer: lines that follow a field, the curves they become, what sticks leave on a sheet."""

from typing import Any

import numpy as np

from impasto.engine.compiling import inner, kernel

f4 = np.float32
WEAK = 3  # pixels that a line goes on where there is nothing for it
PULL = 0.35  # pixels a step, at most, towards the crest
SOWN = 4  # pixels between the seeds beside a line
WAITING = 1 << 14  # seeds, at most; a power of two


@inner
def hashed(a, b):
    """0..1 from two whole numbers."""
    x = (np.uint32(a) * np.uint32(2654435761)) ^ (np.uint32(b) * np.uint32(2246822519) + np.uint32(374761393))
    x = (x ^ (x >> np.uint32(15))) * np.uint32(2246822519)
    x = (x ^ (x >> np.uint32(13))) * np.uint32(3266489917)
    return f4((x ^ (x >> np.uint32(16))) & np.uint32(0xFFFFFF)) * f4(1 / 16777216)


@inner
def walk(want, along, patch, taken, line, px, py, dx, dy, low, crest, least_cos, tightest, most, over, out, used):
    """One half of a line from (px, py) on, a pixel a step, appended to out from `used` on; returns the new `used`.

    It ends where it is not wanted, beside another line of its patch, at a bend, where it curls, or `over` pixels
    outside its patch, where it goes straight on.
    """
    height, width = want.shape
    own = patch[int(py), int(px)]
    begin = used
    weak, outside, curl = 0, 0, f4(0)
    for _ in range(most):
        px, py = px + dx, py + dy
        qx, qy = int(np.floor(px)), int(np.floor(py))
        if qx < 1 or qy < 1 or qx >= width - 1 or qy >= height - 1:
            break
        there = patch[qy, qx]
        if there < 0:
            break
        if there == own:
            if taken[qy, qx] >= 0 and taken[qy, qx] != line:
                break
        else:
            outside += 1
            if outside > over:
                break
        weak = weak + 1 if want[qy, qx] < low else 0
        if crest > 0:
            nx, ny = -dy, dx
            ax, ay = min(max(int(px + nx), 0), width - 1), min(max(int(py + ny), 0), height - 1)
            bx, by = min(max(int(px - nx), 0), width - 1), min(max(int(py - ny), 0), height - 1)
            pull = min(max((want[ay, ax] - want[by, bx]) * f4(1.5), -f4(PULL)), f4(PULL)) * crest
            px, py = px + pull * nx, py + pull * ny
        if there == own:
            gx, gy = along[0, qy, qx], along[1, qy, qx]
            c = gx * dx + gy * dy
            if c < 0:
                gx, gy, c = -gx, -gy, -c
            if c < least_cos:
                break
            gx, gy = f4(0.5) * (dx + gx), f4(0.5) * (dy + gy)
            norm = 1 / np.sqrt(gx * gx + gy * gy + f4(1e-12))
            gx, gy = gx * norm, gy * norm
            curl += f4(0.08) * (dx * gy - dy * gx - curl)
            if abs(curl) > tightest:
                break
            dx, dy = gx, gy
        out[used, 0], out[used, 1] = px, py
        used += 1
        if weak > WEAK:
            break
    return max(used - weak, begin)


@kernel
def trace(want, along, patch, apart, seeds, numbers, out, ends):
    """Chains where they are wanted, from the first seeds on; returns how many there are.

    want: (H, W) float32, how much a line is wanted; along: (2, H, W), where to (x, y); patch: (H, W) int32, which
    patch a pixel is of, -1 where nothing may be; apart: (H, W) float32, pixels between lines; seeds: (S,) int64,
    pixels; numbers: (10,) float32: least of `want` to begin and to go on, the crest's pull, least cosine of a bend,
    most that a line turns a pixel, most pixels of it, of what is apart the share that a line keeps and the share that
    a beginning keeps, pixels a line may leave its patch, whether lines are laid beside each other (1) or only where
    seeds are (0). out: (M, 2) float32, the lines' points, as many as have room;
    ends: (L,) int64, where each line ends in out.
    """
    high, low, crest, least_cos, tightest, longest, keep, begin, over, sows = numbers
    height, width = want.shape
    taken, near = np.full((height, width), -1, np.int32), np.zeros((height, width), np.uint8)
    queue = np.empty((WAITING, 2), f4)
    used, count = 0, 0
    for seed in seeds:
        first, last = 0, 1
        queue[0, 0], queue[0, 1] = seed % width + f4(0.5), seed // width + f4(0.5)
        while first < last:
            px, py = queue[first & (WAITING - 1), 0], queue[first & (WAITING - 1), 1]
            first += 1
            x, y = int(px), int(py)
            own = patch[y, x]
            if own < 0 or near[y, x] or want[y, x] < high:
                continue
            most = int(longest * (f4(0.3) + f4(0.4) * hashed(count, own)))
            if used + 2 * most + 2 > len(out) or count >= len(ends):
                return count
            dx, dy = along[0, y, x], along[1, y, x]
            leave = over * hashed(count, 7919)
            start = used
            used = walk(
                want, along, patch, taken, count, px, py, -dx, -dy, low, crest, least_cos, tightest, most, leave,
                out, used,
            )  # fmt: skip
            i, j = start, used - 1
            while i < j:
                a0, a1 = out[i, 0], out[i, 1]
                out[i, 0], out[i, 1] = out[j, 0], out[j, 1]
                out[j, 0], out[j, 1] = a0, a1
                i += 1
                j -= 1
            out[used, 0], out[used, 1] = px, py
            used += 1
            used = walk(
                want, along, patch, taken, count, px, py, dx, dy, low, crest, least_cos, tightest, most, leave,
                out, used,
            )  # fmt: skip
            used = max(used, start + 1)
            for i in range(start, used):
                cx, cy = int(out[i, 0]), int(out[i, 1])
                if patch[cy, cx] != own:
                    continue
                radius = apart[cy, cx]
                far, close = (begin * radius) ** 2, (keep * radius) ** 2
                reach = int(max(begin, keep) * radius)
                for yy in range(max(0, cy - reach), min(height, cy + reach + 1)):
                    for xx in range(max(0, cx - reach), min(width, cx + reach + 1)):
                        if patch[yy, xx] != own:
                            continue
                        away = f4((yy - cy) ** 2 + (xx - cx) ** 2)
                        if away <= far:
                            near[yy, xx] = 1
                        if away <= close and taken[yy, xx] < 0:
                            taken[yy, xx] = count
            if sows > 0:
                for i in range(start + 1, used - 1, SOWN):
                    cx, cy = out[i, 0], out[i, 1]
                    nx, ny = out[i - 1, 1] - out[i + 1, 1], out[i + 1, 0] - out[i - 1, 0]
                    norm = 1 / np.sqrt(nx * nx + ny * ny + f4(1e-6))
                    away = apart[int(cy), int(cx)] * (f4(0.92) + f4(0.3) * hashed(count, i - start)) * norm
                    for side in range(2):
                        sign = f4(1 - 2 * side)
                        sx, sy = cx + sign * away * nx, cy + sign * away * ny
                        if sx < 1 or sy < 1 or sx >= width - 1 or sy >= height - 1 or last - first >= WAITING:
                            continue
                        if patch[int(sy), int(sx)] == own and not near[int(sy), int(sx)]:
                            queue[last & (WAITING - 1), 0], queue[last & (WAITING - 1), 1] = sx, sy
                            last += 1
            ends[count] = used
            count += 1
    return count


@kernel
def cells(places, bend, size, patch):
    """Which of scattered places is nearest to each pixel of patch (H, W), where that is not negative.

    places: (R, C, 2) float32, where in its cell (0..1) of a grid of `size` pixels each place lies, y and x, the grid
    beginning a cell before the plane; bend: (2, H, W), pixels by which borders are bent.
    """
    rows, columns = places.shape[:2]
    height, width = patch.shape
    for y in range(height):
        for x in range(width):
            if patch[y, x] < 0:
                continue
            py, px = (y + bend[0, y, x]) / size + 1, (x + bend[1, y, x]) / size + 1
            row, column = min(max(int(py), 1), rows - 2), min(max(int(px), 1), columns - 2)
            best = f4(1e30)
            for j in range(row - 1, row + 2):
                for i in range(column - 1, column + 2):
                    dy, dx = py - j - places[j, i, 0], px - i - places[j, i, 1]
                    if dy * dy + dx * dx < best:
                        best = dy * dy + dx * dx
                        patch[y, x] = j * columns + i


@kernel
def curves(points, ends, pen, knees, tolerance, pen_tolerance, longest, smooth, rows, owners):
    """Chains as chains of quadratic Béziers; returns how many there are.

    points: (M, 2) float32 pixels, smoothed in place; ends: (L,) int64, where each line ends in them; pen: (M,), how
    wide a line is, relatively; knees: (L,), where in a line (0..1) a curve ends in any case, 0 for nowhere;
    tolerance: pixels that a curve may be off; pen_tolerance: and its width; longest: points of a curve; smooth: how
    often points are averaged with their neighbours; rows: (N, 8): three points, and the width at the ends; owners:
    (N,) int64, which line each is of; where they are full nothing is added.
    """
    count, start = 0, 0
    todo = np.empty((64, 2), np.int64)
    for line in range(len(ends)):
        end = ends[line] - 1
        for _ in range(smooth):
            before = points[start, 0], points[start, 1]
            for i in range(start + 1, end):
                here = points[i, 0], points[i, 1]
                for k in range(2):
                    points[i, k] = f4(0.25) * (before[k] + points[i + 1, k]) + f4(0.5) * here[k]
                before = here
        depth = 1
        todo[0, 0], todo[0, 1] = start, end
        knee = start + int(knees[line] * (end - start))
        if start + 2 < knee < end - 2:
            todo[0, 0], todo[0, 1] = knee, end
            todo[1, 0], todo[1, 1] = start, knee
            depth = 2
        while depth > 0:
            depth -= 1
            a, b = todo[depth, 0], todo[depth, 1]
            m = (a + b) // 2
            t = f4(m - a) / max(f4(b - a), f4(1))
            s, by = 1 - t, 1 / max(2 * t * (1 - t), f4(1e-6))
            cx = (points[m, 0] - s * s * points[a, 0] - t * t * points[b, 0]) * by
            cy = (points[m, 1] - s * s * points[a, 1] - t * t * points[b, 1]) * by
            if b - a < 2:
                cx, cy = f4(0.5) * (points[a, 0] + points[b, 0]), f4(0.5) * (points[a, 1] + points[b, 1])
            if b - a > 6 and depth < 60:
                off = abs(pen[m] - s * pen[a] - t * pen[b]) > pen_tolerance or b - a > longest
                for i in range(a, b, 2):
                    t = f4(i - a) / f4(b - a)
                    s = 1 - t
                    qx = s * s * points[a, 0] + 2 * s * t * cx + t * t * points[b, 0] - points[i, 0]
                    qy = s * s * points[a, 1] + 2 * s * t * cy + t * t * points[b, 1] - points[i, 1]
                    if qx * qx + qy * qy > tolerance * tolerance:
                        off = True
                        break
                if off:
                    todo[depth, 0], todo[depth, 1] = m, b
                    todo[depth + 1, 0], todo[depth + 1, 1] = a, m
                    depth += 2
                    continue
            if count < len(rows):
                rows[count, 0], rows[count, 1] = points[a, 0], points[a, 1]
                rows[count, 2], rows[count, 3] = cx, cy
                rows[count, 4], rows[count, 5] = points[b, 0], points[b, 1]
                rows[count, 6], rows[count, 7] = pen[a], pen[b]
                owners[count] = line
                count += 1
        start = end + 1
    return count


@kernel
def along_lines(values, ends, reach):
    """Values (M,) of the lines' points, each averaged with those up to `reach` points before and after it."""
    out = np.empty_like(values)
    start = 0
    for line in range(len(ends)):
        end = ends[line]
        for i in range(start, end):
            first, last = max(start, i - reach), min(end, i + reach + 1)
            total = f4(0)
            for k in range(first, last):
                total += values[k]
            out[i] = total / f4(last - first)
        start = end
    return out


@kernel
def rub(sheet, tooth, rows, pressure, strength, rubbed, smeared):
    """Add to a sheet (H, W) what sticks leave on it, which is absorbance as long as it is little; in place.

    tooth: (H, W) 0..1, how high the paper stands; rows: (N, 8), pixels: curves and their radii; pressure: (N, 2), at
    their ends; strength: of a full touch; rubbed: 0..1, how much of it is rubbed in; smeared: how many times as broad
    it is by that. As `engine.wash.kernels.drawing` draws them.
    """
    height, width = sheet.shape
    for n in range(len(rows)):
        x0, y0, x1, y1, x2, y2, r0, r2 = rows[n]
        bx, by = x0 - 2 * x1 + x2, y0 - 2 * y1 + y2
        ax, ay = 2 * (x1 - x0), 2 * (y1 - y0)
        size = max(max(r0, r2) * smeared, f4(0.7)) + 1
        left, right = max(int(min(min(x0, x1), x2) - size), 0), min(int(max(max(x0, x1), x2) + size) + 1, width)
        top, bottom = max(int(min(min(y0, y1), y2) - size), 0), min(int(max(max(y0, y1), y2) + size) + 1, height)
        for y in range(top, bottom):
            for x in range(left, right):
                px, py = x + f4(0.5) - x0, y + f4(0.5) - y0
                best, t = f4(1e30), f4(0)
                for i in range(5):
                    u = f4(0.25) * i
                    ex, ey = u * (ax + u * bx) - px, u * (ay + u * by) - py
                    d = ex * ex + ey * ey
                    if d < best:
                        best, t = d, u
                for _ in range(2):
                    ex, ey = t * (ax + t * bx) - px, t * (ay + t * by) - py
                    gx, gy = ax + 2 * t * bx, ay + 2 * t * by
                    g2 = gx * gx + gy * gy
                    c = max(g2 + 2 * (ex * bx + ey * by), f4(0.2) * g2) + f4(1e-9)
                    t = min(max(t - min(max((ex * gx + ey * gy) / c, f4(-0.25)), f4(0.25)), f4(0)), f4(1))
                ex, ey = t * (ax + t * bx) - px, t * (ay + t * by) - py
                radius = max(r0 + (r2 - r0) * t, f4(0.7))
                away = np.sqrt(ex * ex + ey * ey)
                wide = max(radius * smeared, f4(0.7))
                if away > wide + 1:
                    continue
                p = pressure[n, 0] + (pressure[n, 1] - pressure[n, 0]) * t
                edge = min(max((radius - away) / max(f4(0.22) * radius, f4(1)), f4(0)), f4(1))
                hard = min(max((tooth[y, x] - 1 + p * edge) * 2 + f4(0.25), f4(0)), f4(1))
                bell = max(1 - away * away / (wide * wide), f4(0))
                cloud = f4(0.6) * p * bell * bell * (f4(0.7) + f4(0.6) * tooth[y, x])
                sheet[y, x] += strength * (hard + rubbed * (cloud - hard))


def try_kernels() -> None:
    """Compile what this module needs, or load it."""
    plane = np.full((16, 16), 1, f4)
    cells(np.zeros((4, 4, 2), f4), np.stack([plane, plane]), f4(8), np.zeros((16, 16), np.int32))
    points, ends = np.zeros((64, 2), f4), np.zeros(4, np.int64)
    count = trace(
        plane, np.stack([plane, 0 * plane]), np.zeros((16, 16), np.int32), 4 * plane, np.array([135]),
        np.array([0.5, 0.2, 1, 0.5, 1, 12, 1, 1, 2, 1], f4), points, ends,
    )  # fmt: skip
    rows, owners = np.zeros((16, 8), f4), np.zeros(16, np.int64)
    pen: Any = np.ones(len(points), f4)
    ends = ends[:count]
    curves(points, ends, along_lines(pen, ends, 2), np.zeros(count, f4), 0.5, 0.1, 40, 2, rows, owners)
    rub(plane, plane, rows, np.ones((len(rows), 2), f4), f4(1), f4(0.5), f4(1))
