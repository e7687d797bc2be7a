"""Does paint look like paint, and like the photo from afar? Figures of what the eye judges.

    python benchmarks/looks.py [scale] [grey] [strokes] [photo] [--photos FILE ...]

scale: the same painting at 512, 1024 and 4096 pixels; grey: what texture adds to one grey and to a gradient; strokes:
how much longer texture is along strokes than across; photo: distance from the photo at 64 and 512 pixels, and blacks,
against the flat picture. All by default. Shrinking is in linear light.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter, map_coordinates

from impasto.engine.library import as_picture, paint
from impasto.engine.painting.painting import Painting
from impasto.engine.pictures.io import Picture
from impasto.engine.pictures.oklab import to_oklab
from impasto.engine.styles import load_style

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.jpg"))
MEDIA = ("oil", "filbert", "knife", "dry", "gouache", "pastel", "pointillist")
WIDE = 12  # pixels; of strokes whose texture is looked at


def main() -> None:
    """Print the figures asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("which", nargs="*", choices=["scale", "grey", "strokes", "photo"])
    parser.add_argument("--photos", type=Path, nargs="+", default=EXAMPLES)
    parser.add_argument("--style", default="painterly")
    given = parser.parse_args()
    for name in given.which or ["scale", "grey", "strokes", "photo"]:
        {"scale": scale, "grey": grey, "strokes": strokes, "photo": photo}[name](given.photos, given.style)


def flat_painting(picture: Picture, style: str) -> Painting:
    """As the style's strokes are, but flat."""
    return paint(picture, load_style(style, ["medium.kind=flat"]))


def in_medium(painting: Painting, kind: str, **light: object) -> Painting:
    """The painting in another medium."""
    style = {k: v for k, v in painting.style.items() if k not in ("medium", "light")}
    look = {"medium": {"kind": kind}} if kind != "flat" else {}
    return replace(painting, style={**style, **look, "light": light}, refit=None).fitted()


def shrunk(pixels: np.ndarray, width: int) -> np.ndarray:
    """sRGB values 0..1 at another width, the means of light."""
    value = pixels[..., :3] / 255.0
    light = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)
    height = round(light.shape[0] * width / light.shape[1])
    planes = [Image.fromarray(light[..., c]).resize((width, height), Image.Resampling.BOX) for c in range(3)]
    light = np.stack([np.asarray(plane, float) for plane in planes], -1)
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


def texture(values: np.ndarray) -> np.ndarray:
    """Oklab's lightness in the band of 3 to 12 pixels."""
    lightness = to_oklab(values)[..., 0]
    return gaussian_filter(lightness, 3 / 2.355) - gaussian_filter(lightness, 12 / 2.355)


def scale(photos: list[Path], style: str) -> None:
    """The same painting at three sizes."""
    print("the same picture at 512, 1024 and 4096, all shrunk to 512: difference, contrast of fine texture, lightness")
    for path in photos[:1]:
        painting = flat_painting(as_picture(path), style)
        plain = to_oklab(shrunk(painting.render(size=2048), 512))[..., 0].mean()
        for kind in MEDIA:
            look = in_medium(painting, kind)
            sizes = {size: shrunk(look.render(size=size), 512) for size in (512, 1024, 4096)}
            far = sizes[4096]
            fine = {n: float((v - gaussian_filter(v, (2, 2, 0))).std()) for n, v in sizes.items()}
            print(
                f"  {kind:8}",
                *(f"{n}: {np.abs(v - far).mean():.4f}, {fine[n] / fine[4096]:.3f};" for n, v in sizes.items()),
                f"lightness {to_oklab(far)[..., 0].mean() - plain:+.4f}",
            )


def grey(_: list[Path], style: str) -> None:
    """One grey and one gradient."""
    print("one grey and one gradient at 1536: texture's deviation, mean colour's distance (seams: look at them)")
    ramp = np.tile(np.linspace(60, 200, 512).astype(np.uint8)[None, :, None], (512, 1, 3))
    for name, pixels in (("grey", np.full((512, 512, 3), 128, np.uint8)), ("gradient", ramp)):
        for kind in MEDIA:
            look = in_medium(flat_painting(as_picture(pixels), style), kind)
            shown = look.render(size=1536)[..., :3] / 255.0
            off = np.abs(shown.mean((0, 1)) - pixels.mean((0, 1)) / 255).max()
            print(f"  {name:8} {kind:8} {texture(shown).std():.4f}, {off:.4f}")


def strokes(photos: list[Path], style: str) -> None:
    """Correlation along strokes over that across, without ground, lit and not."""
    print(f"texture along over across, strokes wider than {WIDE} pixels, at 2048: share of them with 4 or more, median")
    painting = flat_painting(as_picture(photos[0]), style)
    for kind in MEDIA:
        look = in_medium(painting, kind, ground="none")
        for light in (True, False):
            shown = look.render(size=2048, light=light)
            found = np.array(list(ratios(look, to_oklab(shown[..., :3] / 255.0)[..., 0])))
            where = "lit" if light else "unlit"
            print(f"  {kind:8} {where:5} {(found >= 4).mean():.2f}, {np.median(found):.1f} of {len(found)}")


def ratios(painting: Painting, lightness: np.ndarray) -> Iterator[float]:
    """For each stroke that is wide and mostly seen, how much longer its texture is than wide."""
    size = max(lightness.shape)
    top = Image.new("I", lightness.shape[::-1], -1)
    draw, table = ImageDraw.Draw(top), painting.strokes.table.astype(float) * size
    t = np.linspace(0, 1, 24)[:, None]
    for n, row in enumerate(table):
        points = (1 - t) ** 2 * row[0:2] + 2 * t * (1 - t) * row[2:4] + t**2 * row[4:6]
        draw.line([tuple(p) for p in points], fill=n, width=round(row[6] + row[7]), joint="curve")
    ids = np.asarray(top)
    for n, row in enumerate(table):
        radius = (row[6] + row[7]) / 2
        long = np.hypot(*(row[4:6] - row[0:2]))
        if 2 * radius < WIDE or long < 4 * radius:
            continue
        t = np.linspace(0.15, 0.85, int(0.7 * long))[:, None]
        points = (1 - t) ** 2 * row[0:2] + 2 * t * (1 - t) * row[2:4] + t**2 * row[4:6]
        tangent = 2 * (1 - t) * (row[2:4] - row[0:2]) + 2 * t * (row[4:6] - row[2:4])
        aside = np.stack([-tangent[:, 1], tangent[:, 0]], 1) / np.hypot(*tangent.T)[:, None]
        across = np.arange(-0.7 * radius, 0.7 * radius)
        grid = points[:, None] + across[None, :, None] * aside[:, None]  # along, across, (x, y)
        places = [grid[..., 1], grid[..., 0]]
        if (map_coordinates(ids, places, order=0, mode="nearest") != n).mean() > 0.02:  # others are ragged
            continue
        seen = map_coordinates(lightness, places, order=1, mode="nearest")
        yield lasting(seen - seen.mean(), 0) / lasting(seen - seen.mean(), 1)


def lasting(plane: np.ndarray, axis: int) -> float:
    """How far one must go until half of the correlation is gone, pixels."""
    size, power = plane.shape[axis], float((plane**2).mean())
    before = 1.0
    for lag in range(1, size - 2):
        a, b = np.take(plane, range(size - lag), axis), np.take(plane, range(lag, size), axis)
        now = float((a * b).mean()) / max(power, 1e-12)
        if now < 0.5:
            return lag - 1 + (before - 0.5) / max(before - now, 1e-9)
        before = now
    return float(size)


def photo(photos: list[Path], style: str) -> None:
    """How far from the photo, against flat."""
    print("L1 to the photo at 64 and 512 over that of the flat picture; the mean where the photo is darker than .1")
    found: list[tuple[float, ...]] = []
    for path in photos:
        picture = as_picture(path)
        painting = paint(picture, load_style(style))
        plain = in_medium(painting, "flat").render(size=2048)
        shown, target = painting.render(size=2048), np.asarray(picture.rgb)
        rows = []
        for width in (64, 512):
            aim, flat, now = (shrunk(p, width) for p in (target, plain, shown))
            aim = aim[: flat.shape[0]]
            flat, now = flat[: len(aim)], now[: len(aim)]
            rows.append((np.abs(flat - aim).mean(), np.abs(now - aim).mean()))
            dark = aim.mean(2) < 0.1
        some = dark.mean() > 0.005
        blacks = [float((shown - aim)[dark].mean()) if some else float("nan") for shown in (flat, now)]
        found.append((*rows[0], *rows[1]))
        print(
            f"  {path.stem[:32]:32}",
            *(f"{a:.4f} -> {b:.4f} ({b / a:.2f})" for a, b in rows),
            f"blacks {blacks[0]:+.4f} -> {blacks[1]:+.4f}",
        )
    small_flat, small, large_flat, large = np.mean(found, 0)
    print(f"  means: {small / small_flat:.3f} at 64, {large / large_flat:.3f} at 512")


if __name__ == "__main__":
    main()
