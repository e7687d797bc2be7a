"""Choosing in the real Krita: where the picture is looked at, a style from a picture, a style in words."""

from pathlib import Path

import numpy as np

from impasto.engine.daemon.records import REQUEST, read

ROOT = Path(__file__).parents[2]
IN_WORDS = "in words"


def test_what_is_chosen_by_looking_is_painted(in_window, engine):
    photo = ROOT / "examples" / "astronaut.jpg"
    try:
        found = in_window("wishes", photo=photo)
    finally:  # other tests look at all styles there are
        for style in (engine.folder / "styles").glob("*.toml"):
            style.unlink()
    assert found["usual"] == [-1, 1, False]
    assert found["looked"][:4] == ["done", "", True, True] and found["hidden"]
    assert max(found["looked"][4:]) <= 256
    brightness = np.array(found["brightness"]).reshape(7, 7)
    assert brightness[1, 2:4].mean() > 1.5 * brightness[1, [0, 6]].mean(), "her face is bright, the wall is not"
    assert found["set"] == 1.75 and found["painted"] == ["done", ""]

    assert found["learned"][:2] == ["done", f"{found['learned'][2]} is one of your styles now."]
    assert found["learned"][2] == found["learned"][3] == found["learned"][4] and found["back"] == [-1, 0]
    assert found["from file"][0] == "done" and found["from file"][2] == "astronaut"
    how, words, style = found["no picture"]
    assert how == "failed" and "cannot be read as a picture" in words and style == "astronaut"
    assert found["words"] == ["done", True, IN_WORDS, "watercolour"] and found["painted so"][0] == "done"
    assert found["before"] == [False, False, False]

    asked = [read(engine.folder / "spool" / job / REQUEST) for job in found["jobs"]]
    paints = [request["fields"] for request in asked if request["kind"] == "paint"]
    assert [fields["interest"] for fields in paints] == [1.75, None]
    assert [fields["style"]["name"] for fields in paints] == ["painterly", IN_WORDS]
