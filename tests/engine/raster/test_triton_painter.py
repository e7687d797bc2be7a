"""A whole painting on the GPU: as good as the CPU's, and the same to the bit when it is painted again or resumed."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from impasto.commands import main as cli
from impasto.engine.painting.painting import Painting
from impasto.engine.styles import Style

pytest.importorskip("triton")
from impasto.engine.painter import events
from impasto.engine.painter.painter import Painter
from impasto.engine.pictures.io import Picture

STYLE = Style.model_validate(
    {
        "name": "quick", "plateau": 0, "finish": 1,
        "passes": [{"radius": 0.25, "share": 1, "iterations": 2}, {"radius": 0.1, "share": 2, "iterations": 2,
                                                                   "respawn": 0.3}],
    }
)  # fmt: skip
# Of the loss, which is about .1: both paint after the same target, from the same strokes, by other roundings.
NEAR = 1e-3


def picture():
    y, x = np.mgrid[:48, :32] / 48
    rgb = np.stack([0.2 + 0.9 * x, 0.9 - 0.8 * y, 0.5 + 0.3 * np.sin(20 * x)], -1)
    return Picture(np.round(255 * rgb.clip(0, 1)).astype(np.uint8))


def painted(device, **options):
    *heard, last = Painter(picture(), STYLE, strokes=14, device=device, threads=1, **options).paint()
    assert isinstance(last, events.Finished)
    return heard, last


@pytest.fixture(scope="module")
def on_gpu():
    return painted("cuda", every={"preview": 0.0})


def test_it_is_the_cpus_painting_but_for_rounding(on_gpu):
    expected = painted("cpu")[1]
    assert on_gpu[1].strokes == expected.strokes == 14 and on_gpu[1].iterations == expected.iterations
    assert on_gpu[1].loss == pytest.approx(expected.loss, rel=NEAR)


def test_previews_are_the_paintings_pixels(on_gpu):
    previews = [event.pixels for event in on_gpu[0] if isinstance(event, events.Preview)]
    assert previews and all(pixels.shape == (48, 32, 4) for pixels in previews)
    final = on_gpu[1].painting.render(48, 32)
    assert np.abs(previews[-1].astype(int) - final).max() <= 1


def test_resumed_it_is_the_same_to_the_bit(on_gpu, monkeypatch):
    """Painted up to a checkpoint, and from there on by another painter; so painting twice gives the same bits, too."""
    kept = None
    for event in Painter(picture(), STYLE, strokes=14, device="cuda", every={"checkpoint": 0.0}).paint():
        if isinstance(event, events.Checkpointed):
            kept = event.painting
            break
    assert kept is not None
    *_, last = Painter.resume(kept, picture(), device="cuda").paint()
    assert isinstance(last, events.Finished)
    assert last.painting.strokes.table.tobytes() == on_gpu[1].painting.strokes.table.tobytes()


def test_a_gpu_is_asked_every_ten_steps_and_where_strokes_are_replaced():
    """The steps between two looks are a matter of the plan alone, never of time."""
    one = Painter(picture(), STYLE, strokes=14)
    assert [one.phases[0].next_look(k, one._groups[0].rhythm(one.phases[0]), False) for k in range(2)] == [1, 2]
    other = Painter(picture(), STYLE, strokes=14, device="cuda")
    finish, rhythm = replace(other.phases[-1], iterations=35), other._groups[0].rhythm(other.phases[-1])
    assert [finish.next_look(k, rhythm, False) for k in (0, 3, 9, 10, 30)] == [10, 10, 10, 20, 35]
    long = replace(other.phases[1], iterations=24)
    assert long.respawn and [long.next_look(k, rhythm, False) for k in (0, 10, 12)] == [10, 12, 20]
    assert rhythm == 10


def test_the_command_line_paints_on_it(tmp_path: Path):
    Image.fromarray(picture().rgb[:32]).save(tmp_path / "photo.png")
    words = ["paint", str(tmp_path / "photo.png"), "--save", str(tmp_path / "a.impasto"), "--device", "cuda"]
    words += ["--strokes", "4", "--quiet", "--working-size", "64"]
    words += [w for k in range(1, 5) for w in ("--set", f"passes.{k}.iterations=1")] + ["--set", "finish=1"]
    result = CliRunner().invoke(cli.impasto, words)
    assert result.exit_code == 0, result.output
    assert len(Painting.load(tmp_path / "a.impasto").strokes) == 4
