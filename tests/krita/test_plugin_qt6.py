"""The plugin with Qt 6, as in Krita 6: all of it is real but Krita, for which the files in qt6/ stand in."""

import test_krita_docker
import test_krita_regions

PHOTO_SIZE = (384, 320)


def test_what_is_chosen_in_the_docker_is_what_is_painted(in_qt6, engine, photo):
    test_krita_docker.test_what_is_chosen_in_the_docker_is_what_is_painted(in_qt6, engine, photo)


def test_a_list_of_regions_is_changed_and_painted_by(in_qt6, photo, tmp_path):
    test_krita_regions.test_a_list_of_regions_is_changed_and_painted_by(in_qt6, photo, tmp_path)


def test_starting_the_engine_and_what_keeps_it_from_starting(in_qt6, tmp_path):
    test_krita_docker.test_starting_the_engine_and_what_keeps_it_from_starting(in_qt6, tmp_path)


def test_wheel_keys_mouse_and_what_is_selected(in_qt6, photo):
    found, done = in_qt6("events", photo=photo), ["done", ""]
    assert found["wheel"] == [True, True]
    assert (found["painted"], found["repainted"], found["applied"], found["cut"]) == (done, done, done, done)
    assert found["previews"] > 0 and found["where"] == found["again"] == [True, 0]
    assert {corner for corner, _ in found["seen"]} == {0} and max(middle for _, middle in found["seen"]) == 255
    assert found["results"] == [["painterly", "200 strokes"]] * 2 and found["icons"] == [False, False]
    assert found["compared"] == [True, True] and found["more"] == 1 and found["left"] == [1, 2]
    assert found["names"] == ["selection 2", "selection", "rest"]
    assert (found["clicked 70"], found["clicked 300"]) == (["selection"], ["selection 2"])
    assert found["eyes"] == [True, True, False] and found["flags"] == [True, True, False]
    assert found["moved"] == [["selection", "in front", "rest"]]
    assert found["order"] == found["layers"] == ["rest", "in front", "selection"]
    assert found["menu"] == [True, "Rename", 9]
    assert found["one file"] and found["dialog"] == [True, True] and found["offer"] == [True, True, True]


def test_only_what_shows_a_change_is_drawn_again(in_qt6, photo):
    found = in_qt6("drawn", photo=photo)
    always = set(found["always"])  # boxes that do not say what they show
    drawn = {name: set(found[name]) - always for name in ("slider", "style", "message")}
    assert drawn["slider"] == drawn["style"] == {"LookBox", "RegionBox", "StyleBox"}
    assert found["changes"] == ["light/relief"] and drawn["message"] == {"RunBox"}
    assert found["all"] == found["boxes"] and len(set(found["boxes"]) - always) == 8
