"""Does a painted film flicker? Films whose true motion is known, painted frame by frame by itself and carried along.

    PYTHONPATH=. python benchmarks/film.py [pan] [disc] [zoom] [cut] [--frames 60] [--size 448] [--strokes 900]
                                           [--photos A B] [--pictures FOLDER]

pan: a photo that moves by whole pixels; disc: an object that moves across it; zoom: by parts of pixels, with 1 % of
zoom a frame, and the object; cut: another photo from the middle on. Oil with bristles, without the canvas's grain.
--pictures: one row over time, ten frames side by side, as PNGs.

flicker: mean difference of a frame from the one before moved along the true motion. contrast: deviation in the band of
bristles, over that of frames by themselves (six: at the beginning, a quarter and the end). rides: share of textured
pixels where the painting moves within a pixel of the truth. pops: strokes of over .5 % of the area that come or go
within one frame where both frames show the place.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from impasto.engine.library import paint
from impasto.engine.motion.films import carried_on, film_style
from impasto.engine.painting.painting import Painting
from impasto.engine.pictures.io import Picture

EXAMPLES = Path(__file__).parents[1] / "examples"
PHOTOS = (EXAMPLES / "coffee.jpg", EXAMPLES / "chelsea.jpg")
f4 = np.float32
BAND = (1.0, 4.0)  # deviations of the two blurs whose difference shows bristles, pixels
BLOCK, REACH = 24, 3  # of texture whose motion is looked for, and how far astray, pixels
LARGE = 0.005  # of the area; a stroke as large may not pop


@dataclass(frozen=True)
class Truth:
    """Where each pixel of a frame was in the frame before (H, W), and where both show the same thing."""

    x: np.ndarray
    y: np.ndarray
    seen: np.ndarray

    def moved(self, before: np.ndarray) -> np.ndarray:
        """The frame before as it would be now."""
        return cv2.remap(before.astype(f4), self.x, self.y, cv2.INTER_CUBIC)


@dataclass(frozen=True)
class Scene:
    """A camera that moves over a photo: pixels a frame, zoom a frame; an object of another photo that moves across."""

    pan: tuple[float, float] = (0.0, 0.0)
    zoom: float = 0.0
    disc: bool = False

    def centre(self, k: int, side: int) -> tuple[float, float]:
        """Of the object in a frame, which comes and goes."""
        span = 0.6 * side
        phase = (k * 6) % (2 * span)
        return 0.8 * side - (phase if phase < span else 2 * span - phase), 0.58 * side

    def frame(self, world: np.ndarray, thing: np.ndarray, k: int, side: int) -> np.ndarray:
        """One frame (side, side, 3) uint8."""
        wx, wy = self._place(k, side)
        picture = cv2.remap(world, wx, wy, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT).clip(0, 255)
        if self.disc:
            y, x = np.mgrid[:side, :side].astype(f4)
            (cx, cy), r = self.centre(k, side), 0.15 * side
            there = np.clip(r + 0.5 - np.hypot(x - cx, y - cy), 0, 1)[..., None]
            middle = thing.shape[0] / 2
            own = cv2.remap(thing, x - f4(cx) + f4(middle), y - f4(cy) + f4(middle), cv2.INTER_CUBIC).clip(0, 255)
            picture = picture * (1 - there) + own * there
        return np.rint(picture).astype(np.uint8)

    def truth(self, k: int, side: int) -> Truth:
        """The motion to frame k from the one before."""
        (wx, wy), scale = self._place(k, side), 1 + self.zoom * (k - 1)
        left, top = self._corner(k - 1, side)
        bx = (wx - left - side / 2) * scale + side / 2
        by = (wy - top - side / 2) * scale + side / 2
        y, x = np.mgrid[:side, :side].astype(f4)
        seen = (bx > 1) & (by > 1) & (bx < side - 2) & (by < side - 2)
        if self.disc:
            (cx, cy), (px, py), r = self.centre(k, side), self.centre(k - 1, side), 0.15 * side
            away = np.hypot(x - cx, y - cy)
            inside = away < r
            seen &= (inside | (np.hypot(bx - px, by - py) > r + 2)) & ((away < r - 2) | (away > r + 4))
            bx, by = np.where(inside, x - cx + px, bx), np.where(inside, y - cy + py, by)
        return Truth(bx.astype(f4), by.astype(f4), seen)

    def _corner(self, k: int, side: int) -> tuple[float, float]:
        return side // 4 + self.pan[0] * k, side // 4 + self.pan[1] * k

    def _place(self, k: int, side: int) -> tuple[np.ndarray, np.ndarray]:
        """Of the world, what each pixel of a frame shows."""
        y, x = np.mgrid[:side, :side].astype(f4)
        scale, (left, top) = 1 + self.zoom * k, self._corner(k, side)
        wx, wy = (x - side / 2) / scale + side / 2 + left, (y - side / 2) / scale + side / 2 + top
        return wx.astype(f4), wy.astype(f4)


SCENES = {
    "pan": Scene(pan=(8, 0)),
    "disc": Scene(pan=(4, 0), disc=True),
    "zoom": Scene(pan=(3.5, 0.7), zoom=0.01, disc=True),
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("scenes", nargs="*", choices=[*SCENES, "cut", []], default=[])
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--size", type=int, default=448)
    parser.add_argument("--strokes", type=int, default=900)
    parser.add_argument("--photos", type=Path, nargs=2, default=PHOTOS)
    parser.add_argument("--pictures", type=Path)
    given = parser.parse_args()
    world, thing = (photo(path, given.size * 3) for path in given.photos)
    thing = cv2.resize(thing, (given.size // 3 + 8,) * 2, interpolation=cv2.INTER_AREA).astype(f4)
    columns = [
        "film",
        "flicker alone",
        "carried",
        "ratio",
        "contrast",
        "rides",
        "pops",
        "L1 alone",
        "carried",
        "ratio of the last",
    ]
    print(f"| {' | '.join([*columns, 's alone', 's'])} |\n{'|---' * (len(columns) + 2)}|")
    for name in given.scenes or [*SCENES, "cut"]:
        if name == "cut":
            half, scene = given.frames // 2, SCENES["pan"]
            frames = [scene.frame(world, thing, k, given.size) for k in range(half)]
            other = photo(given.photos[1], given.size * 3)
            frames += [scene.frame(other, thing, k, given.size) for k in range(given.frames - half)]
            truths = [None if k == half else scene.truth(k, given.size) for k in range(1, given.frames)]
        else:
            scene = SCENES[name]
            frames = [scene.frame(world, thing, k, given.size) for k in range(given.frames)]
            truths = [*(scene.truth(k, given.size) for k in range(1, given.frames))]
        folder = given.pictures and given.pictures / name
        print(f"| {name} | {row(frames, truths, given.strokes, folder)} |", flush=True)


def photo(path: Path, side: int) -> np.ndarray:
    """A photo whose shorter side is so many pixels, (h, w, 3) float32."""
    picture = Image.open(path).convert("RGB")
    scale = side / min(picture.size)
    size = (round(picture.width * scale), round(picture.height * scale))
    return np.asarray(picture.resize(size, Image.Resampling.LANCZOS), f4)


def row(frames: list[np.ndarray], truths: Sequence[Truth | None], strokes: int, folder: Path | None) -> str:
    """One row of the table."""
    style = film_style("painterly")
    pairs = sorted({k + j for k in (0, len(frames) // 4, len(frames) - 2) for j in (0, 1)})
    alone, began = {}, time.process_time()
    for k in pairs:
        alone[k] = paint(Picture(frames[k]), style, strokes=strokes).render(*frames[k].shape[:2])[..., :3]
    each = (time.process_time() - began) / len(alone)
    carried, shown, seconds = [], [], []
    began = time.process_time()
    for painting in carried_on((Picture(frame) for frame in frames), style, strokes=strokes):
        shown.append(painting.render(*frames[0].shape[:2])[..., :3])
        carried.append(painting)
        seconds.append(time.process_time() - began)
        began = time.process_time()
    if folder is not None:
        pictures(folder, shown)
    known = [(k, truth) for k, truth in enumerate(truths, 1) if truth is not None]
    by_itself = mean_of(flicker(alone[k - 1], alone[k], t) for k, t in known if k in alone and k - 1 in alone)
    along = mean_of(flicker(shown[k - 1], shown[k], t) for k, t in known)
    textures = mean_of(contrast(shown[k]) for k in pairs[1:]) / mean_of(contrast(alone[k]) for k in pairs[1:])
    rides = mean_of(riding(shown[k - 1], shown[k], t) for k, t in known[:: max(1, len(known) // 12)])
    popped = sum(pops(carried[k - 1], carried[k], t) for k, t in known)
    near, far = ({k: distance(frames[k], pixels[k]) for k in pairs} for pixels in (alone, shown))
    cuts = {k for k, truth in enumerate(truths, 1) if truth is None} | {0}
    own = float(np.mean([s for k, s in enumerate(seconds) if k not in cuts]))
    figures = [f"{by_itself:.4f}", f"{along:.4f}", f"{along / by_itself:.3f}", f"{textures:.3f}", f"{rides:.2f}"]
    figures += [f"{popped}", f"{mean_of(near.values()):.4f}", f"{mean_of(far.values()):.4f}"]
    figures += [f"{far[pairs[-1]] / near[pairs[-1]]:.3f}", f"{each:.2f}", f"{own:.2f}"]
    return " | ".join(figures)


def mean_of(values: Iterable[float]) -> float:
    """Their mean."""
    return float(np.mean(list(values)))


def flicker(before: np.ndarray, now: np.ndarray, truth: Truth) -> float:
    """Mean difference of a frame from the one before, moved along the truth."""
    return float(np.abs(truth.moved(before) - now)[truth.seen].mean()) / 255


def distance(a: np.ndarray, b: np.ndarray) -> float:
    """Mean absolute difference of two frames."""
    return float(np.abs(a.astype(f4) - b).mean()) / 255


def fine(pixels: np.ndarray) -> np.ndarray:
    """What is as fine as bristles in a frame (h, w)."""
    grey = pixels.astype(f4).mean(-1)
    return cv2.GaussianBlur(grey, (0, 0), BAND[0]) - cv2.GaussianBlur(grey, (0, 0), BAND[1])


def contrast(pixels: np.ndarray) -> float:
    """How much texture a frame has."""
    return float(fine(pixels).std())


def riding(before: np.ndarray, now: np.ndarray, truth: Truth) -> float:
    """Share of textured places whose texture is found within a pixel of where it should be."""
    a, b = truth.moved(fine(before)), fine(now)
    textured, right = 0, 0
    least = np.median([a[y : y + BLOCK, x : x + BLOCK].std() for y, x in blocks(a)])
    for y, x in blocks(a):
        if not truth.seen[y : y + BLOCK, x : x + BLOCK].all() or a[y : y + BLOCK, x : x + BLOCK].std() < 0.5 * least:
            continue
        around = b[y - REACH : y + BLOCK + REACH, x - REACH : x + BLOCK + REACH]
        fits = cv2.matchTemplate(around, np.ascontiguousarray(a[y : y + BLOCK, x : x + BLOCK]), cv2.TM_CCOEFF_NORMED)
        row, column = divmod(int(fits.argmax()), fits.shape[1])
        textured += 1
        right += max(abs(row - REACH), abs(column - REACH)) <= 1
    return right / max(textured, 1)


def blocks(plane: np.ndarray) -> Iterator[tuple[int, int]]:
    """Where blocks of a frame begin that have room around them."""
    for y in range(REACH, plane.shape[0] - BLOCK - REACH, BLOCK):
        for x in range(REACH, plane.shape[1] - BLOCK - REACH, BLOCK):
            yield y, x


def pops(before: Painting, now: Painting, truth: Truth) -> int:
    """How many large strokes come or go at once, of what is seen of them where both frames show the place."""
    count = 0
    for one, other in ((before, now), (now, before)):
        alone = ~np.isin(one.strokes.id, other.strokes.id)
        if not alone.any():
            continue
        shares = seen_shares(one, truth if one is now else None)
        count += int((shares[alone] > LARGE).sum())
    return count


def seen_shares(painting: Painting, truth: Truth | None) -> np.ndarray:
    """Of each stroke (N,) what share of the area shows it; truth: only where the frame before shows the place, too."""
    from impasto.engine.painting.textured import TexturedComposer

    height, width = painting.height, painting.width
    rest = np.ones((height, width, 3), f4)
    if truth is not None:
        rest *= truth.seen[..., None]
    return TexturedComposer(painting, height, width, shown=False).seen(rest)[:, 1] / (height * width)


def pictures(folder: Path, shown: list[np.ndarray]) -> None:
    """One row over time, and ten frames side by side."""
    folder.mkdir(parents=True, exist_ok=True)
    row = shown[0].shape[0] // 2
    strip = np.concatenate([frame[row : row + 1].repeat(8, 0) for frame in shown])
    Image.fromarray(strip).save(folder / "row.png")
    chosen = shown[:: max(1, len(shown) // 10)][:10]
    rows = [np.concatenate(chosen[k : k + 5], 1) for k in range(0, len(chosen), 5)]
    Image.fromarray(np.concatenate([r for r in rows if r.shape == rows[0].shape])).save(folder / "frames.png")
    for k in (0, len(shown) // 2, len(shown) - 1):
        Image.fromarray(shown[k]).save(folder / f"{k:03}.png")


if __name__ == "__main__":
    main()
