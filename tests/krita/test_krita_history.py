"""Nothing is lost: what documents remember of their paintings, and jobs that Krita did not live to see the end of."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

PHOTO_SIZE = (320, 320)


def test_a_saved_painting_is_painted_on(in_window, photo):
    found = in_window("history", photo=photo)
    done = ["done", ""]
    assert found["nothing yet"][0] == "failed" and "remembers no painting" in found["nothing yet"][1]
    assert (found["paint"], found["apply"], found["repaint"]) == (done, done, done)
    assert found["remembered"] == [["Background – painterly", 700, "regions"]]
    assert found["undone"] and found["applied"] == [True, True, 1]

    assert found["saved"] and found["elsewhere"] == [900, 0]
    assert found["settings"] == ["painterly", 700, 3, "regions", "draft"]
    assert found["reopened"] == [["Background – painterly", 128, 128]]
    assert all(how == "failed" and "Select something first" in why for how, why in found["unselected"])

    assert found["strays"] == [0, 0] and found["previews"] > 0 and found["changed"] > 0.9 and found["difference"] < 0.06
    below, (name, kind, layers) = found["above"]
    assert below and "again" in name and kind == "grouplayer" and [layer[0] for layer in layers] == ["painting"]
    assert found["two"] == [["regions", "draft"]] * 2
    assert found["compared"] == [True, True] and found["one step"] == [True, True]
    assert "gone" in found["gone"] and found["used"] == 700
    assert found["removed"] == [1, 2, True] and found["other"] == 1


def started_later(engine, patience: float) -> Callable[[Path], None]:
    """Starts the engine once Krita is there and has looked for it."""

    def start(folder: Path) -> None:
        end = time.monotonic() + patience
        while not (folder / "now").exists():
            assert time.monotonic() < end
            time.sleep(0.05)
        engine.start()

    return start


@pytest.mark.parametrize("how", ["crash", "quit"])
def test_a_painting_is_gone_on_with_after_krita_has_ended(in_window, engine, photo, how, patience):
    """After the crash the engine is gone, too, and started again a while after Krita."""

    name = "astronaut.png" if how == "crash" else "half.kra"
    left = in_window("left", photo=photo, how=how)
    assert left["noted"] == name
    assert left["fraction"] > 0.1 and not left["offered"] and len(left["tree"]) == 2
    if how == "crash":
        engine.kill()
    found = in_window("found", meanwhile=started_later(engine, patience) if how == "crash" else None, photo=photo)
    if how == "crash":
        assert found["early"][0] != "connected" and not found["early"][1] and found["previews"] > 0
    assert found["shown"] and len(found["texts"]) == 1 and f"painting of {name} was going on" in found["texts"][0]
    assert not found["again"]  # the user had closed the docker
    assert (found["how"], found["message"]) == ("done", "")
    (background, group) = found["tree"]
    assert background[0] == "Background" and group[0] == "Background – painterly"
    assert [layer[0] for layer in group[2]] == ["painting"] and found["locked"] == [False]
    assert 0 < found["difference"] < 0.05
    assert found["remembered"] == [15000] and found["settings"] == [15000, 5]
    assert found["notes"] == [] and not found["offered"]
    assert found["file"].endswith(name)


def test_a_repaint_is_gone_on_with_in_sight(in_window, engine, photo, patience):
    left = in_window("left_repaint", photo=photo)
    assert left["painted"] == ["done", ""]
    engine.kill()
    found = in_window("found_repaint", meanwhile=started_later(engine, patience))
    assert (found["how"], found["message"]) == ("done", "")
    assert found["previews"] > 0 and set(found["strays"]) == {0} and found["changed"]
    assert found["tree"] == ["Background \u2013 painterly", "Background \u2013 painterly, again"]
    assert found["remembered"] == 2 and not found["offered"]


def test_undoing_looking_away_and_closing_lose_nothing(in_window, photo):
    found = in_window("troubled", photo=photo)
    how, message, bare, entries = found["undone"]
    assert how == "failed" and "deleted" in message and "results" in message and bare and entries == 1
    assert found["applied"] == ["done", "", True, "painting"]
    assert found["thumbnail"] == 128  # of the preview, since the group was not there
    assert found["switched"] == ["done", "", True, 1, 2, 0]
    how, message, state, busy = found["closed"]
    assert how == "failed" and "closed" in message and state == "done" and not busy and found["in sight"]
    assert found["back"] == ["done", ""] and found["delivered"] == [2, [800]] and not found["offered"]
    assert found["read again"] == [True, True, True]


def test_a_painting_fits_a_scaled_document_and_keeps_its_size_in_a_cropped_one(in_window, photo):
    found = in_window("cropped", photo=photo)
    assert found["paint"] == found["scaled"] == ["done", ""]
    assert found["size"] == [160, 160, 0, 0, 160, 160]
    how, message = found["cropped"]
    assert how == "done" and "another shape" in message and "move" in message
    assert found["left"] == [220, 260] and found["same"]


def test_annotations_of_others_do_no_harm(in_window, photo):
    found = in_window("broken", photo=photo)
    assert found["wrong"] > 20 and found["entries"] == [[f"impasto/{10**6:016x}", True]] and found["listed"] == [1]
    assert found["settings"] == ["painterly", 300, 2, "none", False, True] and found["newer"]
    assert found["effort"] == ["normal", "normal"]
    assert found["apply"][0] == found["repaint"][0] == "failed" and found["same"]
    assert "not an Impasto painting" in found["apply"][1]
    assert "is gone" in found["repaint"][1]
    assert found["paint"] == ["done", ""] and found["beside"] == 2
    assert found["shown"] == 16 and found["kept"] == [16, True, True] and not found["too large"]
    assert found["mask"] == [True, 256, [300, 200], True, True] and all(found["broken masks"])
