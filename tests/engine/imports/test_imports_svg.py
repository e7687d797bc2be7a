"""SVG: what another renderer shows of it, and what comes back, untouched or changed in the file."""

import base64
import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import resvg_py
from handmade import made
from numpy.typing import NDArray
from PIL import Image
from svg_cases import HEAD, LOOKS, SIDE, close, text_of, turned

from impasto.engine.export.outlines import edges_of, paths, shown
from impasto.engine.export.writers.svg import digits_of
from impasto.engine.imports import read_painting
from impasto.engine.painting.painting import Painting


def drawn(text: str) -> NDArray[np.float64]:
    """What another renderer makes of it: (h, w, 4), 0..1, premultiplied."""
    with Image.open(io.BytesIO(bytes(resvg_py.svg_to_bytes(svg_string=text)))) as image:
        pixels = np.asarray(image.convert("RGBA")) / 255
    pixels[..., :3] *= pixels[..., 3:]
    return pixels


@pytest.mark.parametrize("side", [1, 96, 1000, 1024, 8192, 65535])
def test_coordinates_are_finer_than_a_hundred_thousandth_of_the_canvas(side: int) -> None:
    finest = 10.0 ** -digits_of(side)
    assert 1e-6 * side * 0.9 < finest <= 1e-5 * side or (finest == 1 and side > 1e5)


def test_masks_of_regions_are_their_shares(tmp_path: Path) -> None:
    painting = made(regions=3)
    assert painting.regions is not None
    text = text_of(painting, tmp_path / "a.svg", 96)
    found = re.findall(r'<mask id="mask-(\d)".*?base64,([^"]+)"', text, re.DOTALL)
    behind = np.zeros(painting.regions.masks.shape[1:])
    assert [number for number, _ in found] == ["0", "1", "2"]
    for (_, data), mask in zip(found, painting.regions.masks.astype(float), strict=True):
        behind += mask
        share = np.divide(mask, behind, out=np.zeros_like(mask), where=behind > 0)
        with Image.open(io.BytesIO(base64.b64decode(data))) as image:
            assert np.abs(np.asarray(image) - 255 * share).max() <= 0.51


@pytest.mark.parametrize("look", LOOKS)
def test_another_renderer_gives_the_flat_picture_back(look: str, tmp_path: Path) -> None:
    make, most = LOOKS[look]
    painting = make()
    ours = painting.render(size=256, threads=1) / 255
    ours[..., :3] *= ours[..., 3:]
    assert np.abs(drawn(text_of(painting, tmp_path / "a.svg", 256)) - ours).mean() < most


@pytest.mark.parametrize("look", LOOKS)
def test_untouched_nothing_is_lost(look: str, tmp_path: Path) -> None:
    painting = LOOKS[look][0]()
    text_of(painting, tmp_path / "a.svg")
    back = read_painting(tmp_path / "a.svg")
    order = np.argsort(painting.strokes.region, kind="stable")  # regions come one after the other
    for name, values in vars(painting.strokes.take(order)).items():
        assert np.array_equal(getattr(back.strokes, name), values), name
    again = replace(back, strokes=painting.strokes)
    painting.save(tmp_path / "before.impasto")
    again.save(tmp_path / "after.impasto")
    assert (tmp_path / "after.impasto").read_bytes() == (tmp_path / "before.impasto").read_bytes()


def test_groups_have_names_and_titles(tmp_path: Path) -> None:
    text = text_of(made(regions=2, names=("a <b> & 雪",)), tmp_path / "a.svg")
    assert "<title>a &lt;b&gt; &amp; 雪</title>" in text and '<g id="region-1-pass-2"' in text
    assert text.count('inkscape:groupmode="layer"') == 2 + 6 and 'id="stroke-17"' in text


@pytest.fixture(scope="module")
def painting() -> Painting:
    return replace(made(strokes=20), edge=0.2, softness=0.001)


@pytest.fixture
def text(painting: Painting, tmp_path: Path) -> str:
    return text_of(painting, tmp_path / "a.svg")


def read(text: str, folder: Path) -> Painting:
    (folder / "b.svg").write_text(text, "utf-8")
    return read_painting(folder / "b.svg")


def test_a_group_that_is_turned(painting: Painting, text: str, tmp_path: Path) -> None:
    changed = text.replace('<g id="region-0"', '<g transform="rotate(20 512 300)" id="region-0"')
    want = turned(painting.strokes.table.astype(float), 20, 0.5, 300 / 1024)
    close(read(changed, tmp_path), want)
    within = changed.replace('<g id="painting"', '<g transform="translate(51.2)" id="painting"')
    close(read(within, tmp_path), want + np.array([0.05, 0] * 3 + [0] * 7))


def test_one_of_many_regions_that_is_moved_is_not_cut_by_what_stays(tmp_path: Path) -> None:
    painting = made(regions=3)
    text = text_of(painting, tmp_path / "a.svg")
    back = read(text.replace('<g id="region-1"', '<g transform="translate(102.4)" id="region-1"'), tmp_path)
    assert back.regions is not None and [info.edges for info in back.regions.infos] == ["strict", "loose", "strict"]
    before = painting.strokes.take(painting.strokes.region == 1)
    after = back.strokes.take(back.strokes.region == 1)
    assert np.allclose(after.table[:, 0], before.table[:, 0] + 0.1, atol=1e-6)


@pytest.mark.parametrize("change", ["moved", "bent", "broader", "turned"])
def test_nodes_that_are_moved(change: str, painting: Painting, text: str, tmp_path: Path) -> None:
    """All stays as it was but for every fifth outline, which is as if its stroke were another."""
    table, rng = painting.strokes.table.astype(float), np.random.default_rng(3)
    want, some = table.copy(), np.arange(len(table)) % 5 == 0
    count = int(some.sum())
    if change == "moved":
        want[some, :2] += rng.normal(0, 6 / 1024, (count, 2))
    elif change == "bent":
        want[some, 2:4] += rng.normal(0, 20 / 1024, (count, 2))
    elif change == "broader":
        want[some, 6:8] *= 1.3
    else:
        want[some] = turned(table[some], 30, 0.4, 0.2)
    outlines = iter(paths(want, shown(want.astype(np.float32), edges_of(painting, SIDE)).radii, SIDE, 2))
    close(read(re.sub(r' d="[^"]*"', lambda _: f' d="{next(outlines)}"', text), tmp_path), want, 0.95)


def test_colours_and_opacities_that_are_changed(painting: Painting, text: str, tmp_path: Path) -> None:
    """By attribute, style, class or the group's opacity; what is hidden or left out is gone, a copy is one more."""
    paths = re.findall(r"<path [^>]*>", text)
    plain = next(k for k, path in enumerate(paths) if 'fill="#' in path)
    fading = next(k for k, path in enumerate(paths) if "url(#" in path)
    name = re.search(r"url\(#([^)]+)", paths[fading])
    assert name is not None
    changed = text.replace(
        paths[plain], re.sub('fill="[^"]*"', 'style="fill:rgb(255,0,0);fill-opacity:.25"', paths[plain])
    )
    stops = re.search(f'<linearGradient id="{name[1]}".*?</linearGradient>', text)
    assert stops is not None
    changed = changed.replace(stops[0], re.sub('stop-opacity="[^"]*"', 'stop-opacity="0.5"', stops[0]))
    changed = changed.replace(paths[-1], "").replace(paths[-2], paths[-2].replace("<path", '<path display="none"'))
    changed = changed.replace(paths[-3], paths[-3] * 2)
    back = read(changed.replace('<g id="painting"', '<g opacity=".5" id="painting"'), tmp_path).strokes
    assert len(back) == len(painting.strokes) - 1 and len(set(back.id.tolist())) == len(back)
    assert back.table[plain, 10:].tolist() == [1, 0, 0] and np.allclose(back.table[plain, 8:10], 0.125)
    assert np.allclose(back.table[fading, 8:10], 0.25, atol=0.002)
    assert np.array_equal(back.table[:-1, :6], painting.strokes.table[:-2, :6])


def test_another_canvas_and_ground(painting: Painting, text: str, tmp_path: Path) -> None:
    back = read(text.replace('viewBox="0 0 1024 683"', 'viewBox="-256 0 2048 1024"'), tmp_path)
    want = painting.strokes.table.astype(float)
    want[:, :6] = (want[:, :6] * 1024 + [256, 0, 256, 0, 256, 0]) / 2048
    assert (back.width, back.height) == (2048, 1024) and back.background == painting.background
    assert np.allclose(back.strokes.table[:, :6], want[:, :6], atol=1e-6)
    ground = re.sub(r'(<rect id="background".*?fill=")[^"]*', r"\1blue", text)
    assert read(ground, tmp_path).background == (0, 0, 1, 1)
    assert read(re.sub('<rect id="background"[^>]*>', "", text), tmp_path).background == (0, 0, 0, 0)


def test_shapes_of_other_programs(tmp_path: Path) -> None:
    """Lines are strokes as they are; what is filled is the stroke that comes closest."""
    inside = """
      <style>.red{fill:none;stroke:red;stroke-width:20}</style><script>alert(1)</script>
      <image href="http://127.0.0.1:9/a.png"/><use href="http://127.0.0.1:9/b.svg#a"/>
      <g transform="translate(100 0) scale(2)"><path class="red" d="M100 100 Q 200 100 200 200"/></g>
      <line x1="0" y1="500" x2="1000" y2="500" stroke="#0f0" stroke-width="4" stroke-opacity=".5"/>
      <rect x="100" y="700" width="400" height="40"/><circle cx="700" cy="700" r="50" fill="blue"/>
      <defs><path d="M0 0h9v9" fill="red"/></defs><path d="M9000 0h9v9z"/>"""
    back = read(HEAD.format(1000, 800, inside), tmp_path)
    table = back.strokes.table.astype(float)
    assert len(table) == 4 and back.background == (1, 1, 1, 1) and (back.width, back.height) == (1000, 800)
    assert np.allclose(table[0], [0.3, 0.2, 0.5, 0.2, 0.5, 0.4, 0.02, 0.02, 1, 1, 1, 0, 0], atol=1e-6)
    assert np.allclose(table[1], [0, 0.5, 0.5, 0.5, 1, 0.5, 0.002, 0.002, 0.5, 0.5, 0, 1, 0], atol=1e-6)
    assert np.abs(table[2, [1, 3, 5]] - 0.72).max() < 0.01 and abs(abs(table[2, 4] - table[2, 0]) - 0.36) < 0.03
    assert np.abs(table[3, :6] - 0.7).max() < 0.01 and table[3, 6:8].max() == pytest.approx(0.05, abs=0.002)
    assert (drawn((tmp_path / "b.svg").read_text()) - back.render(size=1000, threads=1) / 255).mean() < 0.01


def test_many_outlines_in_one_path_take_no_time(tmp_path: Path) -> None:
    assert len(read(HEAD.format(900, 900, f'<path d="{"M1 1h9v9z" * 5_000}"/>'), tmp_path).strokes) == 1
