"""Nothing is lost: what documents remember of their paintings, and jobs that Krita did not live to see the end of."""

from pathlib import Path

import pytest

PHOTO = Path(__file__).parents[2] / "examples" / "astronaut.jpg"


@pytest.fixture(scope="module")
def photo(tmp_path_factory):
    """A photo small enough to be painted in a moment."""
    from PIL import Image

    path = tmp_path_factory.mktemp("photo") / "astronaut.png"
    Image.open(PHOTO).resize((320, 320)).save(path)
    return path


def test_a_saved_painting_is_painted_on(in_window, photo):
    found = in_window("history", photo=photo)
    done = ["done", ""]
    assert found["nothing yet"][0] == "failed" and "remembers no painting" in found["nothing yet"][1]
    assert (found["paint"], found["apply"], found["repaint"]) == (done, done, done)
    assert found["remembered"] == [["Background – painterly", 700, "regions"]]
    assert found["undone"] and found["applied"] == [True, True, 1]

    assert found["saved"] and found["elsewhere"] == [900, 0]
    assert found["settings"] == ["painterly", 700, 3, "regions"]
    assert found["reopened"] == [["Background – painterly", 128, 128]]
    assert all(how == "failed" and "Select something first" in why for how, why in found["unselected"])

    assert found["strays"] == [0, 0] and found["changed"] > 0.9 and found["difference"] < 0.06
    below, (name, kind, layers) = found["above"]
    assert below and "again" in name and kind == "grouplayer" and [layer[0] for layer in layers] == ["pass 1"]
    assert found["two"] == ["regions", "regions"]
    assert found["compared"] == [True, True] and found["one step"] == [True, True]
    assert "gone" in found["gone"] and found["used"] == 700
    assert found["removed"] == [1, 1, True] and found["other"] == 1
