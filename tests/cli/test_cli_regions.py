"""Regions on the command line: masks, settings, selections, layers, and repainting."""

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def masks(desk):
    """A mask of the left half, one of the middle, a soft one, and a label image."""
    left = np.zeros((48, 64), np.uint8)
    left[:, :32] = 255
    middle = np.zeros((48, 64), np.uint8)
    middle[12:36, 16:48] = 255
    labels = np.zeros((48, 64, 3), np.uint8)
    labels[:24, :, 0] = 255
    labels[36:, :, 1] = 255
    ramp = np.linspace(0, 255, 64).astype(np.uint8)[None].repeat(48, 0)
    for name, pixels in {"left": left, "middle": middle, "labels": labels, "ramp": ramp}.items():
        Image.fromarray(pixels).save(desk.folder / f"{name}.png")
    return desk


def counts(desk, name="p.impasto"):
    return {region["name"]: region["strokes"] for region in desk.info(name)["regions"]}


def pixels(desk, name):
    return np.asarray(desk.image(name).convert("RGBA")).astype(int)


def test_masks_are_regions_and_each_is_painted_its_own_way(masks):
    masks.paint(
        "--mask", "left=left.png:strokes=9", "--mask", "middle=middle.png:style=abstract,detail=2",
        "--region", "rest:edges=filter", "--save", "p.impasto", "-o", "p.png",
    )  # fmt: skip
    facts = masks.info("p.impasto")["regions"]
    assert [r["name"] for r in facts] == ["rest", "left", "middle"]
    assert [r["edges"] for r in facts] == ["filter", "strict", "loose"]
    assert [r["style"] for r in facts] == ["painterly", "painterly", "abstract"]
    assert counts(masks)["left"] == 9 and sum(counts(masks).values()) == 40
    told = masks.run("info", "p.impasto").stdout
    assert "regions     rest" in told and "left 9, middle" in told and "in abstract (back to front)" in told


def test_the_same_strokes_again_through_a_file(masks):
    words = ["--mask", "left=left.png", "--edges", "filter", "--seed", "4"]
    masks.paint(*words, "--save", "a.impasto", "-o", "a.png")
    masks.paint(*words, "--save", "b.impasto", "--threads", "1")
    assert masks.strokes("a.impasto") == masks.strokes("b.impasto")
    assert masks.run("render", "b.impasto", "-o", "b.png").exit_code == 0
    assert np.array_equal(pixels(masks, "a.png"), pixels(masks, "b.png"))


def test_labels_and_their_order(masks):
    masks.paint("--labels", "labels.png", "--save", "p.impasto")
    names = [r["name"] for r in masks.info("p.impasto")["regions"]]
    assert len(names) == 3 and "rest" in names
    masks.paint("--labels", "labels.png", "--order", ",".join(names[::-1]), "--save", "q.impasto")
    assert [r["name"] for r in masks.info("q.impasto")["regions"]] == names[::-1]


def test_only_and_skip_leave_the_others_bare(masks):
    masks.paint("--mask", "left=left.png", "--only", "left", "-o", "only.png", "--save", "p.impasto")
    masks.paint("--mask", "left=left.png", "--skip", "left", "-o", "skip.png")
    only, skip = pixels(masks, "only.png")[..., 3], pixels(masks, "skip.png")[..., 3]
    assert not only[:, 33:].any() and not skip[:, :31].any()
    assert only[:, :31].min() > 200 and skip[:, 33:].min() > 200
    assert counts(masks) == {"left": 40}


def test_a_selection_is_painted_and_nothing_else(masks):
    masks.paint("--selection", "middle.png", "-o", "hard.png")
    inside = np.asarray(masks.image("middle.png")) == 255
    alpha = pixels(masks, "hard.png")[..., 3]
    assert not alpha[~inside].any() and alpha[inside].min() == 255
    masks.paint("--selection", "ramp.png", "-o", "soft.png")
    soft, ramp = pixels(masks, "soft.png")[..., 3], np.asarray(masks.image("ramp.png")).astype(int)
    assert np.abs(soft - ramp).max() <= 1
    photo = pixels(masks, "photo.png")
    hard = pixels(masks, "hard.png")
    share = hard[..., 3:] / 255
    laid = np.rint(photo * (1 - share) + hard * share)
    assert np.array_equal(laid[~inside][:, :3], photo[~inside][:, :3])


def test_regions_found_by_looks_are_named_and_painted(desk):
    result = desk.paint("--regions", "unsupervised", "--save", "p.impasto", "-o", "p.png")
    found = counts(desk)
    assert f"strokes in {len(found)} regions" in result.stderr and sum(found.values()) == 40
    listed = desk.run("segment", "photo.png", "--json")
    assert listed.exit_code == 0 and [r["name"] for r in __import__("json").loads(listed.stdout)["regions"]] == list(
        found
    )


def test_layers_process_and_distribution_are_written_with_it(masks):
    masks.paint(
        "--mask", "left=left.png", "-o", "p.ora", "--layers", "layers", "--process", "steps",
        "--distribution", "where.png",
    )  # fmt: skip
    assert len(list((masks.folder / "layers").glob("*.png"))) >= 4
    assert len(list((masks.folder / "steps").glob("*.png"))) >= 4
    assert masks.image("where.png").width > 200
    again = masks.run("paint", "photo.png", *masks.quick, "--layers", "layers", "-o", "q.png")
    assert again.exit_code == 2 and "layers" in again.stderr and not (masks.folder / "q.png").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("--region sky", "is not NAME:SETTING=VALUE"),
        ("--region sky:", "is not NAME:SETTING=VALUE"),
        ("--region sky:detail", "is not NAME:SETTING=VALUE"),
        ("--mask left", "is not NAME=FILE"),
        ("--mask left=", "is not NAME=FILE"),
        ("--mask left=none.png", "there is no file none.png"),
        ("--mask a:b=left.png", "is no name for a region"),
        ("--mask left=left.png --region right:detail=2", "there is no region 'right'; there are rest, left"),
        ("--mask left=left.png --region left:detail=x", "detail=x of the region left is not a number from 0.05 to 100"),
        ("--mask left=left.png --region left:strokes=0", "strokes=0 of the region left is not a number from 1"),
        ("--mask left=left.png --region left:strokes=41", "cannot be shared"),
        ("--mask left=left.png --region left:shape.aspekt=2", "there is no setting shape.aspekt"),
        ("--mask left=left.png --region left:style=cubist", "there is no style cubist"),
        ("--mask left=left.png --skip left --skip rest", "skip fewer"),
        ("--mask left=left.png --only right", "there is no region 'right'"),
        ("--mask left=left.png --labels labels.png", "not both"),
        ("--mask left=left.png --regions none", "--regions none leaves nothing for --mask to say"),
        ("--labels photo.png", "paint the regions in plain colours"),
        ("--selection photo.png", "is in colours"),
        ("--selection black.png", "is empty"),
        ("--mask wide=wide.png", "make the mask as large as the picture"),
        ("--regions panoptic --model nowhere", "nowhere"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(masks, words, sentence):
    Image.fromarray(np.zeros((48, 64), np.uint8)).save(masks.folder / "black.png")
    Image.fromarray(np.full((48, 90), 255, np.uint8)).save(masks.folder / "wide.png")
    before = masks.names()
    result = masks.run("paint", "photo.png", *masks.quick, "-o", "out.png", *words.split())
    assert result.exit_code == 2 and sentence in " ".join(result.stderr.split())
    assert masks.names() == before


def test_a_mask_of_another_size_is_resized_with_a_warning(masks):
    masks.image("left.png").resize((128, 96)).save(masks.folder / "large.png")
    result = masks.paint("--mask", "left=large.png", "-o", "p.png")
    assert "warning: large.png is 128×96 and the picture 64×48: it was resized" in result.stderr


def test_what_was_begun_by_regions_goes_on_as_it_began(masks):
    result = masks.run("paint", "photo.png", "--resume", "x.impasto", "--mask", "left=left.png", "-o", "o.png")
    assert result.exit_code == 2 and "leave --mask out" in result.stderr


# --- repaint


def test_repaint_changes_only_what_the_mask_shows(masks):
    masks.paint("--mask", "left=left.png", "--save", "p.impasto", "-o", "p.png")
    result = masks.run(
        "repaint", "p.impasto", "photo.png", "--mask", "middle.png", "--strokes", "30", "-o", "r.png",
        "--save", "r.impasto", "--seed", "3",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    assert "30 new strokes" in result.stderr and counts(masks, "r.impasto")["repaint"] == 30
    inside = np.asarray(masks.image("middle.png")) == 255
    before, after = pixels(masks, "p.png"), pixels(masks, "r.png")
    assert np.array_equal(before[~inside], after[~inside]) and not np.array_equal(before[inside], after[inside])


def test_repaint_in_place_if_asked(masks):
    masks.paint("--save", "p.impasto")
    words = ["repaint", "p.impasto", "photo.png", "--mask", "left.png", "--save", "p.impasto", "--force"]
    assert masks.run(*words).exit_code == 0
    assert list(counts(masks)) == ["painting", "repaint"]


def test_repaint_a_region_in_another_style(masks):
    masks.paint("--mask", "left=left.png", "--save", "p.impasto")
    words = ["--region", "left", "--style", "abstract", "--set", "finish=4", "--save", "r.impasto", "--strokes", "20"]
    result = masks.run("repaint", "p.impasto", "photo.png", *words)
    assert result.exit_code == 0, result.stderr
    last = masks.info("r.impasto")["regions"][-1]
    assert (last["name"], last["style"], last["strokes"]) == ("left 2", "abstract", 20)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("p.impasto photo.png -o r.png", "--mask FILE or --region NAME"),
        ("p.impasto photo.png -o r.png --mask left.png --region left", "--mask FILE or --region NAME"),
        ("p.impasto photo.png --mask left.png", "name the picture to write with -o"),
        ("p.impasto photo.png --mask left.png --save p.impasto", "p.impasto already exists"),
        ("p.impasto photo.png --mask left.png -o left.png --force", "is one of the files to read"),
        ("p.impasto photo.png -o r.png --region left", "it was painted as a whole; give a --mask"),
        ("p.impasto wide.png -o r.png --mask wide-mask.png", "give that one"),
        ("p.impasto photo.png -o r.png --mask black.png", "is empty"),
        ("photo.png photo.png -o r.png --mask left.png", "is not an Impasto painting"),
    ],
)
def test_what_cannot_be_repainted(masks, words, sentence):
    Image.fromarray(np.zeros((48, 64), np.uint8)).save(masks.folder / "black.png")
    Image.fromarray(np.full((48, 90, 3), 255, np.uint8)).save(masks.folder / "wide.png")
    Image.fromarray(np.full((48, 90), 255, np.uint8)).save(masks.folder / "wide-mask.png")
    masks.paint("--save", "p.impasto")
    before = masks.names()
    result = masks.run("repaint", *words.split())
    assert result.exit_code == 2 and sentence in " ".join(result.stderr.split())
    assert masks.names() == before
