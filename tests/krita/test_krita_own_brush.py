"""Results painted again with the artist's own brushes, by Krita 5.3 and later; older ones say why not."""

import os
from pathlib import Path

import pytest
from shots import keep_file

PHOTO_SIZE = (256, 256)
LONG = bool(os.environ.get("IMPASTO_LONG"))


def check(found):
    """All that has to be so, however many strokes there are."""
    assert "paint it first" in found["nothing yet"] and found["painted"] == ["done", ""]
    assert {"current", "oil"} <= set(found["offered"])
    for pair, row in found["table"].items():
        assert row["how"] == ["done", ""] and row["strokes"] == found["sound"], pair
        assert row["undo steps"] == 1 and row["tool"] and row["undone"] == [True, True] and row["again"] == [True] * 3
    assert found["ours"] == [True, False] and found["theirs"] == [False, True] and found["waits"] == 0
    width, height, colours, steps = found["their stroke"]
    assert width > 40 and height > 20 and colours == ["0000ff"] and steps == 2
    assert found["in its midst"] == [["done"], True, found["sound"], "mine"]
    assert found["cancelled"] == ["cancelled", ""] and found["kept"] == [True, True] and found["hidden"] == 0
    assert found["struck"] == ["failed", "A script has closed the document that Impasto worked in; begin again."]
    assert found["kept then"] == [True, True]
    assert found["layers go"] == ["done", ""] and found["all of it"][0] == "painting" and len(found["all of it"]) > 2
    assert found["layers gone"][0] == "done"
    assert found["no brush"] == ["failed", "This Krita has no brush called no such brush; choose another one."]
    assert found["no engine"][0] == found["without an engine"][0] == "done" and found["tool then"]
    assert found["closed"][0] == "failed" and "The document was closed" in found["closed"][1]
    assert found["left"] == 0


def test_a_result_is_painted_by_krita_itself(in_window, killing, photo, tmp_path):
    found = in_window("own_brush", killing, photo=photo)
    if found["why not"]:
        message, is_enabled, reason, busy = found["refused"]
        assert message == reason == found["why not"] and "5.3 or newer; this is 5." in message
        assert not is_enabled and not busy
        keep_file(tmp_path / "own brush, disabled.png", "my-brush-not-here")
        return
    check(found)


@pytest.mark.matrix
@pytest.mark.skipif(not LONG, reason="IMPASTO_LONG is not set")
def test_a_large_one(in_window, killing, tmp_path):
    """1400 strokes at 1024²; the table of brushes in docs/krita.md."""
    from PIL import Image

    path = tmp_path / "large.png"
    with Image.open(Path(__file__).parents[2] / "examples" / "astronaut.jpg") as opened:
        opened.resize((1024, 1024)).save(path)
    pairs = os.environ.get("IMPASTO_PAIRS", "current,oil,dry_oil,bristles,knife,chalk")
    found = in_window("own_brush", killing, photo=path, strokes="1400", pairs=pairs)
    for pair, row in found["table"].items():
        print(pair, {name: value for name, value in row.items() if name != "made"})
    assert found["sound"] == 1400 and list(found["table"]) == pairs.split(",")
    check(found)
    keep_file(tmp_path / "own brush oil.png", "my-brush")
