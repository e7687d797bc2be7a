"""Regions in the real Krita: their list, regions of the user's own, and layers cut by them."""

import pytest

from impasto.engine.painting.painting import Painting

PHOTO_SIZE = (384, 320)


def test_a_list_of_regions_is_changed_and_painted_by(in_window, photo, tmp_path):
    found = in_window("regions", photo=photo, pictures=tmp_path)
    assert found["segmented"] == ["done", ""] and len(found["names"]) >= 5 and found["shown"] == found["names"][::-1]
    assert found["merged"] == [*found["names"][:-4], found["keeps"], "the front one 2", "the front one"]
    assert (found["how"], found["message"]) == ("done", "")
    assert found["dragged"]
    groups = [name for name, kind, _ in found["tree"] if kind == "grouplayer"]
    assert groups == found["visible"] and found["hidden"] not in groups
    assert found["inside"][0] > 500 and found["inside"][1] == 0
    assert found["outside"][0] > 50_000 and found["outside"][1] == 255
    (below,) = [below for name, _, below in found["tree"] if name == found["own"]]
    assert len(below) == found["passes"] == found["paint"] and found["detail"] == pytest.approx(2)
    assert found["sums"] == [255] and found["pointed"] == found["entries"]
    assert found["elsewhere"] == [0, False] and found["width"] <= 200
    assert len(found["swatches"]) == len(found["visible"])
    for shown, mean in found["swatches"]:
        assert max(abs(a - b) for a, b in zip(shown, mean, strict=True)) < 12, found["swatches"]
    assert len({tuple(shown) for shown, _ in found["swatches"]}) > 2
    name, tip = found["knife"]
    regions = Painting.load(tmp_path / "it.impasto").regions
    assert regions is not None and tip.endswith("knife")
    media = {info.name: info.style.get("medium", {}).get("kind", "") for info in regions.infos}
    assert media[name] == "knife" and list(media.values()).count("knife") == 1
    aspects = {info.name: info.style.get("shape", {}).get("aspect") for info in regions.infos}
    assert aspects[name] == 9 and list(aspects.values()).count(9) == 1 and found["undone"] == []


def test_regions_of_masks_layers_and_the_selection(in_window, photo):
    found = in_window("own_regions", photo=photo)
    assert found["nothing"][0] == "failed" and "selection masks" in found["nothing"][1]
    for name in ("masks", "selection", "painted", "group", "several"):
        assert found[name] == ["done", ""], name
    assert found["mask names"] == ["rest", "left one", "right"]
    assert found["selection names"] == ["rest", "left one", "right", "selection"]
    assert found["unselected"] == ["failed", "Select something first."]
    assert [name for name, kind, _ in found["tree"] if kind == "paintlayer"][1:] == ["left one", "right", "selection"]
    assert found["inside"][1] == 255 and found["outside"][1] == 0
    assert found["group names"] == ["rest", "first", "second"]
    assert found["full"] == [255, 255]  # whatever the colour
    assert len(found["several names"]) >= 3
    assert found["over"]["last"] == found["over"]["own"] and not found["over"]["rest"]
    assert found["cropped"][0] == "failed" and "changed its size" in found["cropped"][1]


def test_a_layer_is_cut_into_layers_that_make_it_up(in_window, photo):
    found = in_window("segment_layers", photo=photo)
    assert found["how"] == found["again"] == ["done", ""]
    assert found["untouched"] and found["active"] and found["undone"] and len(found["left"]) == 1
    assert found["shown"] <= 2
    for name, off in (("opaque", 0), ("soft", 4)):
        facts = found[name]
        assert [child[0] for child in facts["tree"]] == found["names"] and all(facts["paint"]), name
        assert facts["title"].endswith("regions") and not facts["locked"]
        assert facts["wrong"] == 0 and facts["solid"] > 10_000, name
        assert facts["alpha"] <= off and facts["mean alpha"] < 1, name


def test_the_list_is_undone_and_done_again_and_saved_with_the_document(in_window, photo, tmp_path):
    found = in_window("kept_regions", photo=photo, pictures=tmp_path)
    assert found["none"] == [False, False] and found["segmented"] == ["done", ""]
    assert found["undone"] == [True, 1, True] and found["redone"] == [True, False]
    assert found["style"] is None and found["detail"] == 1
    assert found["cleared"] == [[], True]
    assert found["saved"] == [True, False] and found["again"] == [True, False, False, True]
    assert found["while drawn"] == [True, "sending", 1] and found["painted"] == ["done", ""]
    assert found["broken"] == [[0, ""]] * 4
