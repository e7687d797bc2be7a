"""A film is made, interrupted, gone on with, and kept as strokes that are shown again."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from zipfile import ZipFile

import av
import cv2
import numpy as np
import pytest
from limits import largest_file
from motion.film_cases import frames_in, panned, write_film, write_numbered

from impasto.engine.errors import ImpastoError
from impasto.engine.motion import printing
from impasto.engine.motion.films import Filmer, film_style
from impasto.engine.motion.footage import footage
from impasto.engine.motion.printing import FilmPrint, NumberedPrint, check_print
from impasto.engine.motion.production import Framed, Production, Take, Workshop, pixels_of_frame
from impasto.engine.motion.reel import Reel
from impasto.engine.motion.showing import shown_again
from impasto.engine.motion.sound import Sound
from impasto.engine.order import Order
from impasto.engine.painting.look import with_look
from impasto.engine.painting.painting import Painting
from impasto.engine.pictures.io import load_picture

STYLE = film_style("painterly", ["finish=4", *(f"passes.{k}.iterations=2" for k in range(1, 5))])
SIZE = (64, 96)
MOST = 10_000_000


def production(
    source: Path, out: Path, folder: Path, *, hold: int = 1, keeps: bool = False, job: str = "this", rate: int = 25
) -> Production:
    film = footage(source, None, MOST)
    shop = Workshop(folder, {"job": job})
    filmer = Filmer(lambda picture, _: Order(picture, STYLE, strokes=60))
    if "%" in out.name:
        to = NumberedPrint(out, shop.folder)
    else:
        to = FilmPrint(out, shop.folder, SIZE, Fraction(rate), overwrite=True)
    return Production(film, Take(Fraction(0), None, Fraction(rate), hold), filmer, shop, to, SIZE, keeps=keeps)


def made(source: Path, out: Path, folder: Path, **given: object) -> list[Framed]:
    making = production(source, out, folder, **given)  # type: ignore[arg-type]
    told = list(making.run())
    making.print.end(Sound(source) if source.suffix == ".mp4" else None)
    making.close()
    return told


def run_until(making: Production, frames: int) -> None:
    """Until somebody cancels it."""
    told: list[Framed] = []
    for event in making.run(lambda: len(told) >= frames):
        told.append(event)


def pictures(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(folder.glob("*.png"))]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_numbered(tmp_path_factory.mktemp("in"), panned(6))


@pytest.fixture(scope="module")
def whole(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Painted without a break."""
    out = tmp_path_factory.mktemp("out")
    told = made(source, out / "%03d.png", out / "parts")
    assert [event.number for event in told] == [1, 2, 3, 4, 5, 6] and told[-1].of == 6 and told[-1].seconds_left == 0
    return out


@pytest.mark.parametrize("frames", [1, 3, 5])
def test_stopped_and_gone_on_with_is_never_stopped(source: Path, whole: Path, tmp_path: Path, frames: int) -> None:
    out, folder = tmp_path / "%03d.png", tmp_path / "parts"
    run_until(production(source, out, folder), frames)
    assert len(pictures(tmp_path)) == frames and folder.is_dir()
    made(source, out, folder)
    assert pictures(tmp_path) == pictures(whole) and not folder.exists()


@pytest.mark.parametrize("torn", ["state", "painting"])
def test_killed_between_any_two_files(source: Path, whole: Path, tmp_path: Path, torn: str) -> None:
    """The last frame's painting is there and its state not yet; or a state whose picture was not printed."""
    out, folder = tmp_path / "%03d.png", tmp_path / "parts"
    making = iter(production(source, out, folder, keeps=True).run())
    next(making), next(making)
    state = (folder / "state.npz").read_bytes()
    next(making)
    if torn == "state":
        (folder / "state.npz").write_bytes(state)
    else:
        (tmp_path / "003.png").unlink()
        (folder / "printed").write_text("2")
    (folder / ".impasto-0123.tmp").write_text("half")
    made(source, out, folder)
    assert pictures(tmp_path) == pictures(whole)


def test_a_film_in_pieces_is_one_film(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printing, "PIECE", 2)
    out, folder = tmp_path / "out.mp4", tmp_path / "parts"
    run_until(production(source, out, folder), 3)
    assert sorted(path.name for path in folder.glob("*.mp4")) == ["00000000-0002.mp4", "00000002-0001.mp4"]
    made(source, out, folder)
    with av.open(str(out)) as film:
        stream = film.streams.video[0]
        assert stream.average_rate == 25 and stream.frames == 6 and film.duration == pytest.approx(240_000, abs=2000)
    assert len(frames_in(out)) == 6 and not folder.exists()


def test_the_sound_comes_along(tmp_path: Path) -> None:
    path = write_film(tmp_path / "in.mp4", panned(5), sound=True)
    made(path, tmp_path / "out.mp4", tmp_path / "parts")
    heard = []
    for each in (path, tmp_path / "out.mp4"):
        with av.open(str(each)) as film:
            heard.append(np.concatenate([frame.to_ndarray()[0] for frame in film.decode(audio=0)]))
    assert np.array_equal(*heard)


def test_sound_is_cut_with_the_pictures_and_encoded_where_it_must_be(tmp_path: Path) -> None:
    path = write_film(tmp_path / "in.mp4", panned(50, 1), sound=True)
    for name, codec in (("a.mp4", "aac"), ("a.webm", "opus")):
        to = FilmPrint(tmp_path / name, tmp_path, SIZE, Fraction(25))
        for _ in range(25):
            to.add(np.full((*SIZE, 4), 255, np.uint8))
        to.end(Sound(path, Fraction(1, 2), Fraction(3, 2)))
        with av.open(str(tmp_path / name)) as film:
            assert film.streams.audio[0].codec_context.name == codec
            samples = sum(frame.samples / frame.sample_rate for frame in film.decode(audio=0))
            assert samples == pytest.approx(1, abs=0.06)
        for piece in tmp_path.glob("0000*"):
            piece.unlink()


def test_on_twos_and_equal_pictures_are_painted_once(tmp_path: Path, source: Path) -> None:
    making = production(source, tmp_path / "%03d.png", tmp_path / "parts", hold=2, keeps=True)
    list(making.run())
    found = pictures(tmp_path)
    assert len(found) == 6 and found[0] == found[1] != found[2] == found[3]
    assert [path.name for path in sorted((tmp_path / "parts").glob("*.impasto"))] == [
        "00000000.impasto", "00000002.impasto", "00000004.impasto",
    ]  # fmt: skip


def test_another_film_is_not_gone_on_with(source: Path, tmp_path: Path) -> None:
    next(iter(production(source, tmp_path / "%03d.png", tmp_path / "parts").run()))
    with pytest.raises(ImpastoError, match=r"begun otherwise; .*--afresh"):
        Workshop(tmp_path / "parts", {"job": "that"})
    assert not Workshop(tmp_path / "parts", {"job": "that"}, afresh=True).goes_on
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(ImpastoError, match="in the way"):
        Workshop(tmp_path / "mine", {"job": "that"}, afresh=True)


@pytest.fixture(scope="module")
def reel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The strokes of all frames."""
    out = tmp_path_factory.mktemp("reel")
    making = production(source, out / "%03d.png", out / "parts", hold=2, keeps=True)
    list(making.run())
    making.keep_strokes(out / "a.impastofilm", False)
    return out / "a.impastofilm"


def test_strokes_of_all_frames_in_one_file(reel: Path, tmp_path: Path) -> None:
    found = list(Reel(reel))
    assert [times for _, times in found] == [2, 2, 2] and Reel(reel).rate == 25 and Reel(reel).count == 6
    shown = found[1][0].render(*SIZE)
    assert np.array_equal(shown[..., :3], load_picture(reel.parent / "003.png").rgb)
    with ZipFile(reel) as archive:
        archive.extract("00000004.impasto", tmp_path)
    assert np.array_equal(Painting.load(tmp_path / "00000004.impasto").render(*SIZE), found[2][0].render(*SIZE))


def test_shown_again_in_another_medium_and_size(reel: Path) -> None:
    """Each frame's colours go on from the last one's, for the new medium as well."""
    shown = [each for each, _ in shown_again(Reel(reel), lambda p: with_look(p, {"kind": "knife"}, {"weave": 0.0}))]
    for before, now in pairwise(shown):
        assert before.refit and now.refit and now.refit.fits(now)
        _, a, b = np.intersect1d(before.strokes.id, now.strokes.id, return_indices=True)
        assert np.array_equal(before.refit.carried[a], now.refit.carried[b])
    assert shown[0].render(size=200).shape == (133, 200, 4)
    assert (shown[0].render(*SIZE) != Reel(reel).painting(0).render(*SIZE)).any()


@pytest.mark.parametrize("harm", ["cut", "text", "order", "newer", "flip", "endless"])
def test_a_damaged_reel_is_one_sentence(reel: Path, tmp_path: Path, harm: str) -> None:
    path, data = tmp_path / "a.impastofilm", reel.read_bytes()
    if harm == "cut":
        path.write_bytes(data[: len(data) // 2])
    elif harm == "text":
        path.write_text("a film")
    elif harm == "flip":
        path.write_bytes(data[:3000] + bytes([data[3000] ^ 255]) + data[3001:])
    else:
        with ZipFile(reel) as old, ZipFile(path, "w") as new:
            recipe = old.read("film.json")
            if harm == "newer":
                recipe = recipe.replace(b'"version": 1', b'"version": 9')
            if harm == "endless":
                recipe = recipe.replace(b'"frames": 6', b'"frames": 600000000000')
            new.writestr("film.json", recipe)
            for name in reversed(old.namelist()[1:]) if harm == "order" else old.namelist()[1:]:
                new.writestr(name, old.read(name))
    with pytest.raises(ImpastoError, match=r"not a film's strokes, or is damaged|is damaged") as refused:
        list(Reel(path))
    assert "\n" not in str(refused.value)


def test_no_room_on_the_disk(source: Path, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is there stays, it is one sentence, and with room again the film is the same."""
    out, folder = tmp_path / "%03d.png", tmp_path / "parts"
    making = production(source, out, folder)
    save, room = Painting.save, iter(range(3))

    def full(self: Painting, path: Path, overwrite: bool = False) -> None:
        if next(room, None) is None:
            raise ImpastoError(f"{path} could not be written (No space left on device); free space or go elsewhere")
        save(self, path, overwrite)

    monkeypatch.setattr(Painting, "save", full)
    with pytest.raises(ImpastoError, match="No space left"):
        list(making.run())
    monkeypatch.undo()
    assert len(pictures(tmp_path)) == 3
    made(source, out, folder)
    assert pictures(tmp_path) == pictures(whole)


def test_no_room_for_a_piece_of_the_film(tmp_path: Path) -> None:
    """One sentence, and with room again all of it is there."""
    frames = [
        np.random.default_rng(k).integers(0, 256, (*SIZE, 4), np.uint8) | np.array([0, 0, 0, 255], np.uint8)
        for k in range(8)
    ]
    full, free = (FilmPrint(tmp_path / "a.mp4", tmp_path, SIZE, Fraction(25)) for _ in range(2))
    with largest_file(30_000), pytest.raises(ImpastoError, match=r"could not be written .*; free space") as refused:
        for each in frames:
            full.add(each)
        full.pause()
    assert "\n" not in str(refused.value) and free.done == 0
    for each in frames:
        free.add(each)
    free.end(None)
    assert len(frames_in(tmp_path / "a.mp4")) == 8


def test_pictures_of_16_bits(reel: Path, tmp_path: Path) -> None:
    """Between the 8 bits' steps, and otherwise the same; with alpha where there is some."""
    painting = Reel(reel).painting(0)
    to = NumberedPrint(tmp_path / "%d.png", tmp_path)
    for each in (painting, replace(painting, mask=np.tile(np.linspace(0, 255, 96).astype(np.uint8), (64, 1)))):
        to.add(pixels_of_frame(each, SIZE, None, 16, 1))
    one, other = (cv2.imread(str(tmp_path / f"{n}.png"), cv2.IMREAD_UNCHANGED) for n in (1, 2))
    assert one is not None and one.dtype == np.uint16 and one.shape == (*SIZE, 3)
    assert np.abs(one[..., ::-1] / 257 - painting.render(*SIZE)[..., :3]).max() < 0.51
    assert other is not None and other.shape == (*SIZE, 4) and len(np.unique(one)) > 2000


def test_where_a_film_cannot_go(tmp_path: Path) -> None:
    for name, sentence in {
        "a.gif": "name a .mp4", "a.png": "one picture; write numbered ones", "none/%04d.png": "no folder",
        "%04d.docx": "extension", "b%03d.png": "already exists",
    }.items():  # fmt: skip
        (tmp_path / "b002.png").touch()
        with pytest.raises(ImpastoError, match=sentence):
            check_print(tmp_path / name, False)
    with pytest.raises(ImpastoError, match="has 8 bits"):
        check_print(tmp_path / "a.mp4", False, 16)
    with pytest.raises(ImpastoError, match="films end at 8192"):
        FilmPrint(tmp_path / "a.mp4", tmp_path, (100, 9000), Fraction(25))


def test_pieces_count_as_far_as_they_follow_each_other(tmp_path: Path) -> None:
    for name in ("00000000-0003", "00000003-0002", "00000001-0001", "00000009-0001", "piece", "3-2"):
        (tmp_path / f"{name}.mp4").touch()
    (tmp_path / "00000005-0001.webm").touch()
    whole = printing._whole_pieces(tmp_path, ".mp4")
    assert [(path.stem, count) for path, count in whole] == [("00000000-0003", 3), ("00000003-0002", 2)]
    assert FilmPrint(tmp_path / "a.mp4", tmp_path, SIZE, Fraction(25)).done == 5


def test_what_is_clear_is_white_in_a_film() -> None:
    pixels = np.array([[[10, 20, 30, 255], [10, 20, 30, 0], [0, 100, 255, 102]]], np.uint8)
    assert printing._on_white(pixels).tolist() == [[[10, 20, 30], [255, 255, 255], [153, 193, 255]]]
    assert printing._on_white(pixels[:, :1]).tolist() == [[[10, 20, 30]]]


@pytest.mark.parametrize(("suffix", "codec"), [(".mp4", "aac"), (".webm", "opus")])
def test_the_sound_of_a_part_begins_with_it(tmp_path: Path, suffix: str, codec: str) -> None:
    source, out = write_film(tmp_path / "in.mp4", panned(75, 1), sound=True), tmp_path / f"out{suffix}"
    making = FilmPrint(out, tmp_path, SIZE, Fraction(25))
    for frame in panned(25, 1):
        making.add(np.dstack([frame, np.full(SIZE, 255, np.uint8)]))
    making.end(Sound(source, Fraction(1), Fraction(2)))
    with av.open(str(out)) as film:
        heard = film.streams.audio[0]
        assert heard.codec_context.name.endswith(codec)
        times = [float(packet.pts * packet.time_base) for packet in film.demux(heard) if packet.pts is not None]
    assert abs(times[0]) < 0.05 and times[-1] == pytest.approx(0.98, abs=0.06)
