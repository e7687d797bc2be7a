"""Pictures one after the other as a film's stream: MP4 (H.264) and WebM (VP8). They take PyAV, an extra.

VP9 would take 120 MB more at 1920 × 1280, and half as long again.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impasto.engine.errors import ImpastoError
from impasto.engine.installing import install

EXTRA = "film"
MOST_SIDE = 8192  # pixels
_ROWS = 64  # of a picture that are converted at a time
CODECS = {".mp4": ("mp4", "libx264"), ".webm": ("webm", "libvpx")}
_LIGHT = {
    "libx264": (0.2126, 0.7152, 0.0722),
    "libvpx": (0.299, 0.587, 0.114),
}  # BT.709, and BT.601: VP8 knows no other


def tools(path: Path) -> Any:
    """PyAV. Raises ImpastoError if it is missing, or was built without the codec of this file's kind."""
    try:
        import av
    except ImportError as error:
        raise ImpastoError(f"{path} takes more than is installed; {install(EXTRA)}, or name a .gif") from error
    codec = CODECS[path.suffix.lower()][1]
    try:
        av.Codec(codec, "w")
    except Exception as error:
        raise ImpastoError(f"{path} cannot be encoded: PyAV has no {codec} here; name another kind of film") from error
    return av


class PictureStream:
    """The pictures of an open container, all of one size, each seen for a number of frames."""

    def __init__(
        self, av: Any, container: Any, suffix: str, size: tuple[int, int], rate: int | Fraction, quality: int,
        threads: int | None,
    ) -> None:  # fmt: skip
        """size: height and width, pixels; rate: frames a second; quality: 1..100."""
        codec = CODECS[suffix][1]
        self._av, self._container, self._light = av, container, np.array(_LIGHT[codec], np.float32)
        stream = self._stream = container.add_stream(codec, rate=rate, options=_settings(codec, quality))
        height, width = size
        # colours are halved, so that sides have to be even
        stream.width, stream.height, stream.pix_fmt = width + width % 2, height + height % 2, "yuv420p"
        context = stream.codec_context
        context.thread_count = 1 if codec == "libvpx" else min(threads or 4, 4)  # two make VP8 hardly faster
        context.color_range = 1  # of broadcast
        if codec == "libx264":
            context.colorspace = context.color_primaries = context.color_trc = 1  # of BT.709
        self._at = 0

    def add(self, pixels: NDArray[np.uint8], times: int) -> None:
        """A picture (h, w, 3) that is seen for so many frames."""
        frame = _frame(self._av, pixels, self._light)
        for _ in range(times):
            frame.pts = self._at
            self._at += 1
            self._container.mux(self._stream.encode(frame))

    def end(self) -> None:
        """Write what the encoder has kept."""
        self._container.mux(self._stream.encode(None))


def _settings(codec: str, quality: int) -> dict[str, str]:
    """Of an encoder, which does not look ahead: its memory goes by how many frames it keeps."""
    if codec == "libx264":
        return {"crf": f"{51 - 0.35 * quality:.0f}", "preset": "veryfast", "tune": "zerolatency"}
    quick = {"deadline": "realtime", "cpu-used": "4", "lag-in-frames": "0"}
    return {"crf": f"{63 - 0.59 * quality:.0f}", "b": "200M", **quick}


def _frame(av: Any, pixels: NDArray[np.uint8], light: NDArray[np.float32]) -> Any:
    """A frame of a picture (h, w, 3), whose last row and column are doubled if that makes its sides even.

    light: of red, green and blue (3,). Rounded: FFmpeg's own conversion cuts off, and makes everything a little darker.
    """
    height, width = pixels.shape[:2]
    odd = height % 2 or width % 2
    even = np.pad(pixels, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge") if odd else pixels
    rows, columns = even.shape[:2]
    planes = np.empty((rows * 3 // 2, columns), np.uint8)
    chroma = planes[rows:].reshape(2, rows // 2, columns // 2)
    for top in range(0, rows, _ROWS):
        band = even[top : top + _ROWS].astype(np.float32) / np.float32(255)
        planes[top : min(top + _ROWS, rows)] = np.rint(16 + 219 * (band @ light))
        small = band.reshape(len(band) // 2, 2, columns // 2, 2, 3).mean((1, 3))
        grey = small @ light
        for plane, k in zip(chroma, (2, 0), strict=True):
            found = 128 + 224 * (small[..., k] - grey) / (2 - 2 * light[k])
            plane[top // 2 : (top + len(band)) // 2] = np.rint(found).clip(16, 240)
    return av.VideoFrame.from_ndarray(planes, format="yuv420p")
