"""What viewers look at, and detail maps, on the command line."""

import numpy as np
from PIL import Image

from impasto.engine.painting.painting import Painting


def halves(desk) -> None:
    """A detail map: white on the left, black on the right."""
    Image.fromarray(np.array([[255, 0]], np.uint8).repeat(40, 0).repeat(32, 1)).save(desk.folder / "map.png")


def left_of_all(desk, name) -> float:
    """The share of the strokes whose middles lie in the left half."""
    table = Painting.load(desk.folder / name).strokes.table
    return float(((table[:, 0] + 2 * table[:, 2] + table[:, 4]) / 4 < 0.5).mean())


def test_a_detail_map_is_followed_by_paint_and_repaint(desk):
    halves(desk)
    desk.paint("--interest", "0", "--save", "plain.impasto")
    desk.paint("--interest", "0.5", "--detail-map", "map.png", "--strokes", "90", "--save", "p.impasto")
    assert left_of_all(desk, "plain.impasto") < 0.65 and left_of_all(desk, "p.impasto") > 0.75
    painting = Painting.load(desk.folder / "p.impasto")
    assert len(painting.strokes) == 90 and painting.style["attention"]["interest"] == 0.5
    Image.new("L", (64, 48), 255).save(desk.folder / "all.png")
    words = (
        "--mask",
        "all.png",
        "--interest",
        "0",
        "--detail-map",
        "map.png",
        "--strokes",
        "60",
        "--save",
        "r.impasto",
    )
    assert desk.run("repaint", "plain.impasto", "photo.png", *words).exit_code == 0
    again = Painting.load(desk.folder / "r.impasto")
    assert again.regions is not None and again.regions.infos[-1].style["attention"]["interest"] == 0
    assert left_of_all(desk, "r.impasto") > 0.7


def test_what_does_not_go_is_refused_in_a_sentence(desk):
    halves(desk)
    done = desk.run("paint", "photo.png", "-o", "map.png", "--detail-map", "map.png", "--force")
    assert done.exit_code == 2 and "map.png is the detail map; choose another name" in done.stderr
    done = desk.run("paint", "photo.png", "-o", "p.png", "--detail-map", "none.png")
    assert done.exit_code == 2 and "none.png" in done.stderr
    assert desk.run("paint", "photo.png", "-o", "p.png", "--interest", "3").exit_code == 2
    done = desk.run("paint", "photo.png", "-o", "p.png", "--resume", "p.impasto", "--interest", "1")
    assert done.exit_code == 2 and "leave --interest out" in done.stderr
    done = desk.run("segment", "photo.png", "--interest", "photo.png", "--force")
    assert done.exit_code == 2 and "photo.png is one of the pictures to read" in done.stderr


def test_segment_writes_the_map(desk):
    done = desk.run("segment", "photo.png", "--interest", "seen.png")
    assert done.exit_code == 0 and done.stdout == "" and "looked at photo.png" in done.stderr
    assert desk.image("seen.png").size == (64, 48)
    Image.fromarray(np.array([[0, 255]], np.uint8).repeat(48, 0).repeat(32, 1)).save(desk.folder / "right.png")
    words = ("--mask", "face 2=right.png", "--interest", "face.png", "-o", "overlay.png")
    done = desk.run("segment", "photo.png", *words)
    assert done.exit_code == 0 and "face 2" in done.stdout
    grey = np.asarray(desk.image("face.png"))
    assert (grey[:, 40:] == 255).all() and grey[:, :24].max() < 255


def test_a_drawn_flow_is_followed_by_paint_and_repaint(desk):
    stripes = np.zeros((48, 64, 4), np.uint8)
    stripes[::6, :, 3] = stripes[1::6, :, 3] = stripes[2::6, :, 3] = 255
    Image.fromarray(stripes).save(desk.folder / "flow.png")
    Image.new("L", (64, 48), 255).save(desk.folder / "all.png")

    def level(name: str) -> float:
        table = Painting.load(desk.folder / name).strokes.table
        lean = np.degrees(np.arctan2(np.abs(table[:, 5] - table[:, 1]), np.abs(table[:, 4] - table[:, 0])))
        return float((lean < 15).mean())

    desk.paint("--save", "plain.impasto")
    desk.paint("--flow", "flow.png", "--save", "led.impasto")
    words = ("--mask", "all.png", "--flow", "flow.png", "--save", "again.impasto")
    assert desk.run("repaint", "plain.impasto", "photo.png", *words).exit_code == 0
    assert level("plain.impasto") < 0.7 and level("led.impasto") > 0.9 and level("again.impasto") > 0.9


def test_a_flow_that_says_nothing_is_refused_in_a_sentence(desk):
    Image.new("L", (64, 48), 255).save(desk.folder / "white.png")
    done = desk.run("paint", "photo.png", "-o", "p.png", "--flow", "white.png")
    assert done.exit_code == 2 and "no strokes are to be seen in" in done.stderr and "white.png" in done.stderr
    done = desk.run("paint", "photo.png", "-o", "white.png", "--flow", "white.png", "--force")
    assert done.exit_code == 2 and "white.png is the flow; choose another name" in done.stderr
