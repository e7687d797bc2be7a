"""The plugin in the real Krita, installed by its command, with a real engine."""

import time
from pathlib import Path

PHOTO_SIZE = (384, 384)


def test_a_layer_is_painted_undone_and_redone_in_one_step(in_window, photo):
    found = in_window("paint", photo=photo)
    assert (found["how"], found["message"]) == ("done", "")
    (background, group) = found["tree"]
    assert background[0] == "Background" and group[1] == "grouplayer" and group[0].endswith("painterly")
    assert group[2][0][0] == "underpainting" and len(group[2]) > 3
    assert all((kind, below) == ("paintlayer", []) for _, kind, below in group[2])  # none in a group of its own
    assert group[2][-1][0] == "face"
    assert found["changed"] and found["difference"] < 0.055 and found["previews"] >= 1
    assert found["undone"] and len(found["left"]) == 1 and found["redone"] and found["active"]


def test_a_selection_is_painted_alone(in_window, photo):
    found = in_window("selection", photo=photo)
    assert (found["how"], found["message"]) == ("done", "")
    assert found["outside"] == 0 and found["soft"] > 500 and found["inside"] > 10_000
    assert found["difference"] < 0.055 and found["changed"] > 0.9
    assert found["beyond"][0] == "failed" and "beyond the canvas" in found["beyond"][1]
    assert found["nothing"][0] == "failed" and "empty" in found["nothing"][1]
    assert found["actions"] == [True, True]


def test_cancelling_deleting_and_closing_leave_nothing_behind(in_window, photo):
    found = in_window("cancel", photo=photo)
    assert found["cancelled"]["how"] == "cancelled" and found["cancelled"]["there"] == [2]
    assert found["cancelled"]["same"] and found["cancelled"]["tree"] and found["cancelled"]["message"] == ""
    assert found["deleted"][0] == "failed" and "deleted" in found["deleted"][1]
    assert found["closed"][0] == "failed" and "closed" in found["closed"][1]
    assert not found["busy"]


def test_documents_of_other_colour_spaces(in_window, photo):
    found = in_window("spaces", photo=photo)
    assert len(found) == 6
    for space, facts in found.items():
        assert (facts["how"], facts["message"]) == ("done", ""), (space, facts)
        assert facts["changed"] and facts["difference"] < 0.07 and facts["same"], (space, facts)
        assert facts["layers"] == 2
    same = [found[f"RGBA {depth}"]["difference"] for depth in ("U16", "F16", "F32")]
    assert max(same) - min(same) < 0.001, "a preview was left where the painting should be"


def test_an_engine_killed_half_way_costs_nothing(in_window, engine, photo):
    def kill(folder: Path) -> None:
        end = time.monotonic() + 120
        while not (folder / "now").exists():
            assert time.monotonic() < end
            time.sleep(0.05)
        engine.kill()
        time.sleep(1)
        engine.start()

    found = in_window("lost", meanwhile=kill, photo=photo)
    assert (found["how"], found["message"]) == ("done", "")
    assert found["states"][0] == "connected" and found["states"][-1] == "connected" and "absent" in found["states"]
    assert len(found["tree"]) == 2


def test_every_kind_of_layer_is_a_source_where_it_lies(in_window):
    red, green, blue, none = [255, 0, 0, 255], [0, 255, 0, 255], [0, 0, 255, 255], [0, 0, 0, 0]
    found = in_window("sources")
    turned = [255, 0, 255, 255]  # what the filter makes of the green below it
    assert found["found"] == {
        "large": ["large", red, red], "small": ["small", green, none], "moved": ["moved", none, blue],
        "group": ["group", red, blue], "vector": ["vector", red, none], "file": ["file", green, green],
        "clone": ["clone", green, none], "filter": ["filter", turned, turned], "visible": ["kinds", turned, turned],
    }  # fmt: skip
    assert found["painted"] == ["done", ""] and found["box"] == [5, 50, 24, 69]
    assert found["place"] == 3  # above the background, the large one and itself
    (first, second, (how, said, (r, g, b, a))) = found["frames"]
    assert [first, second] == [[True, red], [True, blue]]  # of an animation, the frame that is seen
    assert how == "done" and said.endswith("as a still over all frames.") and r + g < 60 and b > 200 and a > 250
    assert found["animated"] == [True, False, True]  # what is seen of it; a clone of it
    assert found["cut"][0] == "done" and found["cut"][1].startswith("This is animated; what is cut is the frame")
    assert found["empty"][0] == "failed" and "empty where the selection is" in found["empty"][1]
