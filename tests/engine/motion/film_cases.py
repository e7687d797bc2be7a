"""Films made for tests: pictures that move, in any codec, at any times, with sound."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from impasto.engine.pictures.io import save_picture

f4 = np.float32


def world(height: int = 160, width: int = 260, seed: int = 3) -> NDArray[np.float32]:
    """Soft spots of many colours and a few sharp edges, 0..255."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width].astype(f4)
    picture = np.full((height, width, 3), 128, f4)
    for _ in range(60):
        y, x, size = rng.uniform(0, height), rng.uniform(0, width), rng.uniform(4, 22)
        there = np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / size**2)[..., None]
        picture += there * (rng.uniform(0, 255, 3) - picture)
    for _ in range(12):
        y, x, half = int(rng.integers(height)), int(rng.integers(width)), int(rng.integers(4, 12))
        picture[max(y - half, 0) : y + half, max(x - half, 0) : x + half] = rng.uniform(0, 255, 3)
    return picture


def panned(count: int, step: int = 3, height: int = 64, width: int = 96, seed: int = 3) -> list[NDArray[np.uint8]]:
    """Frames of a camera that goes to the right by `step` pixels a frame."""
    whole = world(height + 20, width + step * count + 20, seed)
    return [np.rint(whole[10 : 10 + height, k * step : k * step + width]).astype(np.uint8) for k in range(count)]


def write_film(
    path: Path, frames: Sequence[NDArray[np.uint8]], *, codec: str = "libx264", pixels: str = "yuv420p", rate: int = 25,
    times: Sequence[int] | None = None, sound: bool = False, **options: Any,
) -> Path:  # fmt: skip
    """A film of frames (h, w, 3 or 4); times: of each, in 1 / rate seconds; sound: a note as long as the film."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, options={"crf": "4"} if codec == "libx264" else {})
        assert isinstance(stream, av.VideoStream)
        stream.height, stream.width, stream.pix_fmt = *frames[0].shape[:2], pixels
        for name, value in options.items():
            setattr(stream.codec_context, name, value)
        heard = container.add_stream("aac", rate=44100, layout="mono") if sound else None
        for number, each in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(each, format="rgb24" if each.shape[2] == 3 else "rgba")
            frame.pts = number if times is None else times[number]
            frame.time_base = Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if heard is not None:
            wave = np.sin(np.arange(44100 * len(frames) // rate) / 20).astype(f4)
            for at in range(0, len(wave), 1024):
                piece = av.AudioFrame.from_ndarray(wave[None, at : at + 1024], format="fltp", layout="mono")
                piece.sample_rate, piece.pts, piece.time_base = 44100, at, Fraction(1, 44100)
                container.mux(heard.encode(piece))
            container.mux(heard.encode(None))
    return path


def write_numbered(folder: Path, frames: Sequence[NDArray[np.uint8]], first: int = 1) -> Path:
    """Pictures 0001.png and so on; their pattern."""
    folder.mkdir(exist_ok=True)
    for number, frame in enumerate(frames, first):
        save_picture(folder / f"{number:04d}.png", frame)
    return folder / "%04d.png"


def frames_in(path: Path) -> list[NDArray[np.uint8]]:
    """All pictures in a film."""
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
