"""What comes in: films of any kind at an even rate, numbered pictures, and what is wrong with some of them."""

from fractions import Fraction
from io import BytesIO
from pathlib import Path

import av
import numpy as np
import pytest
from motion.film_cases import panned, write_film, write_numbered
from numpy.typing import NDArray
from PIL import Image

from impasto.engine.errors import ImpastoError
from impasto.engine.motion.footage import Footage, footage, numbers_of

MOST = 10_000_000


def seen(
    source: Footage, first: float = 0, last: float | None = None, rate: float = 25
) -> list[tuple[int, np.ndarray]]:
    end = None if last is None else Fraction(str(last))
    return [(shot.source, shot.see().rgb) for shot in source.shots(Fraction(str(first)), end, Fraction(str(rate)))]


def far(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    return float(np.abs(a.astype(float) - b).mean())


@pytest.mark.parametrize(
    ("name", "codec", "pixels"),
    [
        ("a.mp4", "libx264", "yuv420p"), ("ten.mp4", "libx264", "yuv420p10le"), ("a.mkv", "ffv1", "bgr0"),
        ("a.webm", "libvpx", "yuv420p"), ("a.avi", "mpeg4", "yuv420p"),
    ],
)  # fmt: skip
def test_every_frame_of_a_film_comes_once_and_in_its_colours(
    tmp_path: Path, name: str, codec: str, pixels: str
) -> None:
    frames = panned(6)
    source = footage(write_film(tmp_path / name, frames, codec=codec, pixels=pixels), None, MOST)
    assert source.rate == 25
    found = seen(source)
    assert [number for number, _ in found] == list(range(1, 7))
    limit = 1.0 if codec == "ffv1" else 12.0 if codec in ("libvpx", "mpeg4") else 5.0  # colours are halved
    for (_, a), b in zip(found, frames, strict=True):
        assert far(a, b) < limit
        assert abs(float(a.mean()) - float(b.mean())) < 1.5  # no darker, and by the right matrix


def test_colours_by_the_matrix_that_the_film_says(tmp_path: Path) -> None:
    """Saturated ones, of BT.709: by BT.601's matrix they would be off by 20."""
    frame = np.zeros((64, 64, 3), np.uint8)
    frame[:, :32], frame[:, 32:] = (220, 40, 30), (20, 180, 60)
    from impasto.engine.export.encoding import PictureStream, tools

    path = tmp_path / "a.mp4"
    av = tools(path)
    with av.open(str(path), "w") as container:
        stream = PictureStream(av, container, ".mp4", (64, 64), 25, 95, 1)
        stream.add(frame, 3)
        stream.end()
    assert np.abs(seen(footage(path, None, MOST))[0][1][:, 4:28].astype(float) - (220, 40, 30)).max() < 6


@pytest.mark.parametrize("pixels", ["bgr0", "yuv444p", "yuv420p10le"])
def test_white_stays_white_and_greys_as_grey_as_they_were(tmp_path: Path, pixels: str) -> None:
    frame = np.repeat(np.array([0, 64, 128, 255], np.uint8), 24)[None, :, None].repeat(64, 0).repeat(3, 2)
    path = write_film(tmp_path / "a.mkv", [frame], codec="ffv1", pixels=pixels)
    assert np.array_equal(seen(footage(path, None, MOST))[0][1][:, 12::24], frame[:, 12::24])


def test_uneven_times_become_even_ones(tmp_path: Path) -> None:
    """A frame is seen until the next one comes, as players do it."""
    frames = panned(4, step=9)
    path = write_film(tmp_path / "vfr.mkv", frames, times=[0, 1, 5, 6])
    found = seen(footage(path, None, MOST))
    assert [number for number, _ in found] == [1, 2, 2, 2, 2, 3, 4]
    assert far(found[3][1], frames[1]) < 4 and far(found[6][1], frames[3]) < 4


def test_a_part_of_it_and_another_rate(tmp_path: Path) -> None:
    frames = panned(20, step=4)
    path = write_film(tmp_path / "a.mp4", frames)
    found = seen(footage(path, None, MOST), 0.2, 0.6, 12.5)
    assert [number for number, _ in found] == [6, 8, 10, 12, 14]
    assert far(found[1][1], frames[7]) < 4
    twice = seen(footage(path, None, MOST), 0, 0.08, 50)
    assert [number for number, _ in twice] == [1, 1, 2, 2]


def test_odd_sides_alpha_and_anamorphic_pixels(tmp_path: Path) -> None:
    frames = [frame[:63, :95] for frame in panned(2)]
    path = write_film(tmp_path / "odd.mkv", frames, codec="ffv1", pixels="bgr0")
    assert seen(footage(path, None, MOST))[0][1].shape == (63, 95, 3)
    clear = [np.dstack([frame, np.full(frame.shape[:2], 90, np.uint8)]) for frame in frames]
    path = write_film(tmp_path / "clear.mkv", clear, codec="ffv1", pixels="bgra")
    picture = next(footage(path, None, MOST).shots(Fraction(0), None, Fraction(25))).see()
    assert picture.alpha is not None and (picture.alpha == 90).all() and far(picture.rgb, frames[0]) < 1
    path = write_film(tmp_path / "wide.mkv", panned(2), sample_aspect_ratio=Fraction(4, 3))
    assert seen(footage(path, None, MOST))[0][1].shape == (64, 128, 3)


def test_a_phone_held_upright(tmp_path: Path) -> None:
    """The matrix that turns the picture, as cameras write it into an MP4's header."""
    frames = panned(2)
    path = write_film(tmp_path / "a.mp4", frames)
    data = path.read_bytes()
    at = data.index(b"tkhd") + 4 + 40
    one, minus = (1 << 16).to_bytes(4, "big"), (-(1 << 16)).to_bytes(4, "big", signed=True)
    none = bytes(4)
    turned = none + one + none + minus + none + none + none + none + (1 << 30).to_bytes(4, "big")
    path.write_bytes(data[:at] + turned + data[at + 36 :])
    assert far(seen(footage(path, None, MOST))[0][1], np.rot90(frames[0], -1)) < 4


def test_a_broken_frame_in_the_middle_is_told_and_the_one_before_stays(tmp_path: Path) -> None:
    frames = panned(12)
    path = write_film(tmp_path / "a.mkv", frames, codec="mjpeg", pixels="yuvj420p")
    data = bytearray(path.read_bytes())
    starts = [at for at in range(len(data) - 3) if data[at : at + 3] == b"\xff\xd8\xff"]
    assert len(starts) == 12
    data[starts[5] : starts[5] + 600] = bytes(600)
    path.write_bytes(data)
    source = footage(path, None, MOST)
    found = seen(source)
    assert len(found) == 12 and found[5][0] == found[4][0] and far(found[6][1], frames[6]) < 8
    assert "1 pictures" in source.warnings[0] or "1 picture" in source.warnings[0]


def test_a_frame_far_larger_than_the_film_says_is_not_decoded(tmp_path: Path) -> None:
    """Each of an AVI's JPEGs says its own size; one of a few kilobytes may say a hundred million pixels."""
    path = tmp_path / "a.avi"
    with av.open(str(path), "w") as film:
        stream = film.add_stream("mjpeg", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuvj420p"
        for number, side in enumerate((64, 64, 640, 64)):
            jpeg = BytesIO()
            Image.new("RGB", (side, side), (200, 100, 50)).save(jpeg, "JPEG", subsampling=2)
            packet = av.Packet(jpeg.getvalue())
            packet.stream, packet.time_base, packet.pts, packet.dts = stream, Fraction(1, 25), number, number
            film.mux(packet)
    source = footage(path, None, 100_000)
    assert [pixels.shape[0] for _, pixels in seen(source)] == [64] * 4 and "1 pictures in" in source.warnings[0]
    assert 640 in [pixels.shape[0] for _, pixels in seen(footage(path, None, MOST))]


def test_numbered_pictures(tmp_path: Path) -> None:
    frames = panned(5)
    pattern = write_numbered(tmp_path / "frames", frames, first=7)
    Image.fromarray(frames[0]).save(tmp_path / "frames" / "cover.png")
    source = footage(pattern, Fraction(10), MOST)
    assert source.count == 5 and [n for n, _ in seen(source, rate=10)] == [0, 1, 2, 3, 4]
    part = seen(source, 0.2, 0.4, rate=10)
    assert [n for n, _ in part] == [2, 3] and far(part[0][1], frames[2]) == 0


def test_numbered_pictures_of_16_bits_and_with_alpha(tmp_path: Path) -> None:
    grey = np.arange(64 * 96, dtype=np.uint16).reshape(64, 96) * 10
    Image.fromarray(grey).save(tmp_path / "a1.png")
    found = seen(footage(tmp_path / "a%d.png", None, MOST))
    assert np.abs(found[0][1][..., 0].astype(float) - grey / 257).max() <= 1


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        ("gap", "0003.png is missing between 1 and 5"), ("none", "there are no pictures"),
        ("text", "is not a film that can be read"), ("sound", "only sound"), ("empty", "is empty"),
        ("absent", "there is no file"), ("pattern", "where numbers go"), ("large", "over the limit of 1000"),
        ("frameless", "has no picture in it|is not a film"),
    ],
)  # fmt: skip
def test_what_is_no_footage_is_one_sentence(tmp_path: Path, what: str, sentence: str) -> None:
    path, most = tmp_path / "a.mp4", MOST
    if what == "gap":
        path = write_numbered(tmp_path, panned(5))
        (tmp_path / "0003.png").unlink()
    elif what == "none":
        path = tmp_path / "%04d.png"
    elif what == "pattern":
        path = tmp_path / "%s.png"
    elif what == "text":
        path.write_text("#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n")
    elif what == "empty":
        path.touch()
    elif what == "sound":
        write_film(path, panned(3), sound=True)
        import av

        with av.open(str(path)) as film, av.open(str(tmp_path / "b.mp4"), "w") as out:
            stream = out.add_stream_from_template(film.streams.audio[0])
            for packet in film.demux(film.streams.audio[0]):
                if packet.dts is not None:
                    packet.stream = stream
                    out.mux(packet)
        path = tmp_path / "b.mp4"
    elif what == "large":
        write_film(path, panned(2))
        most = 1000
    elif what == "frameless":
        write_film(path, panned(2))
        data = path.read_bytes()
        at = data.index(b"mdat") + 4
        end = data.index(b"moov") - 4
        path.write_bytes(data[:at] + bytes(end - at) + data[end:])
    with pytest.raises(ImpastoError, match=sentence) as refused:
        list(seen(footage(path, None, most)))
    assert "\n" not in str(refused.value) and ";" in str(refused.value)


def test_numbers_are_found_as_they_are_written(tmp_path: Path) -> None:
    for name in ("x1.png", "x01.png", "x2.png", "x10.png", "y1.png", "x1.jpg"):
        (tmp_path / name).touch()
    assert list(numbers_of(tmp_path / "x%d.png")) == [1, 2, 10]
    assert list(numbers_of(tmp_path / "x%02d.png")) == [1, 10]
