"""A film's sound, taken over as it is where the new film can hold it, else as AAC or Opus."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

from impasto.engine.motion.footage import WRONG, Opened, pyav

_HELD = {".mp4": {"aac", "mp3", "ac3", "eac3", "alac", "opus", "flac"}, ".webm": {"opus", "vorbis"}}
_OURS = {".mp4": "aac", ".webm": "libopus"}
_RATE = 48000  # of sound that is encoded anew


class Sound:
    """The first sound of a film, from `first` to `last` (None: its end) seconds."""

    def __init__(self, path: Path, first: Fraction = Fraction(0), last: Fraction | None = None) -> None:
        self.path, self.first, self.last = path, first, last

    @property
    def is_there(self) -> bool:
        """Has the film any?"""
        with Opened(self.path) as (container, _):
            return len(container.streams.audio) > 0

    def into(self, container: Any, suffix: str) -> Heard | None:
        """Its way into an open film; None if there is none."""
        return Heard(self, container, suffix) if self.is_there else None


class Heard:
    """Sound that is written into an open film, beside its pictures."""

    def __init__(self, sound: Sound, container: Any, suffix: str) -> None:
        self._av, self._sound, self._container = pyav(sound.path), sound, container
        self._opened = Opened(sound.path)
        source, pictures = self._opened.__enter__()
        self._in = source.streams.audio[0]
        self._start = Fraction(pictures.start_time or 0) * Fraction(pictures.time_base) + sound.first
        self._copies = self._in.codec_context.name in _HELD[suffix]
        if self._copies:
            self._out = container.add_stream_from_template(self._in)
        else:
            self._out = container.add_stream(_OURS[suffix], rate=_RATE, layout=_layout(self._in))
        self._left = self._packets(source) if self._copies else self._encoded(source)
        self._waiting: Any = next(self._left, None)

    def until(self, time: Fraction | None) -> None:
        """Write what is heard up to a time in seconds; all that is left if None, and close the source."""
        while self._waiting is not None and (time is None or self._waiting[0] <= time):
            self._container.mux(self._waiting[1])
            self._waiting = next(self._left, None)
        if time is None:
            self._opened.__exit__()

    def _packets(self, source: Any) -> Any:
        """Packets as they are, with their new times."""
        if self._sound.first > 5:
            source.seek(int((self._start - 2) * 1_000_000))
        packets = source.demux(self._in)
        while True:
            try:
                packet = next(packets, None)
            except WRONG:
                continue
            if packet is None:
                return
            if packet.dts is None or packet.pts is None:
                continue
            base = Fraction(packet.time_base)
            time = packet.pts * base - self._start
            if time < 0 and self._sound.first > 0:  # what lies before the very beginning is the codec's own
                continue
            if self._is_past(time):
                return
            offset = round(self._start / base)
            packet.pts, packet.dts = packet.pts - offset, packet.dts - offset
            packet.stream = self._out
            yield time, packet

    def _encoded(self, source: Any) -> Any:
        """Packets of sound that is encoded anew."""
        resampler = self._av.AudioResampler(format=self._out.codec_context.format, layout=_layout(self._in), rate=_RATE)
        written = 0
        for frame in self._frames(source):
            for own in [*resampler.resample(frame)]:
                if own is None:
                    continue
                own.pts, written = written, written + own.samples
                own.time_base = Fraction(1, _RATE)
                for packet in self._out.encode(own):
                    yield Fraction(own.pts, _RATE), packet
        for packet in self._out.encode(None):
            yield Fraction(written, _RATE), packet

    def _frames(self, source: Any) -> Any:
        decoded = source.decode(self._in)
        while True:
            try:
                frame = next(decoded, None)
            except WRONG:
                continue
            if frame is None:
                return
            time = Fraction(frame.pts or 0) * Fraction(frame.time_base) - self._start
            if time + Fraction(frame.samples, frame.sample_rate) <= 0:
                continue
            if self._is_past(time):
                return
            yield frame

    def _is_past(self, time: Fraction) -> bool:
        return self._sound.last is not None and time >= self._sound.last - self._sound.first


def _layout(stream: Any) -> str:
    return "mono" if stream.codec_context.channels == 1 else "stereo"
