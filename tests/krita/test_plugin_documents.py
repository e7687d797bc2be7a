"""What is read of documents, written into them and remembered by them, by value; Krita is a stand-in, Qt is real."""

import time
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from tests.krita.planted import ended

RECIPE = {
    "source": "it", "node": "", "visible": False, "style": "painterly", "values": {}, "settings": {}, "layers": "none",
    "strokes": 7, "width": 8, "height": 4, "group": "", "date": 0,
}  # fmt: skip


@pytest.fixture
def document(plugin):
    krita = plugin.krita.Krita.instance()
    for other in krita.documents():
        other.close()
    return plugin.document(8, 4)


def key_of(plugin, document):
    return plugin["document.open_documents"].key_of(document)


def seen(data, width=8, height=4):
    """Krita's bytes as RGBA."""
    return np.frombuffer(bytes(data), np.uint8).reshape(height, width, 4)[..., [2, 1, 0, 3]]


# --- reading


def test_a_layer_is_read_with_the_selection_and_emptiness_is_said(plugin, document):
    room = plugin["document.krita_document"]
    error = plugin["document.open_documents"].CanvasError
    document.createNode("none", "paintlayer")
    with pytest.raises(error, match="Choose a layer first"):
        ended(room.read_source())
    layer, shares = plugin.layer(document, "red", (200, 10, 20, 255)), []
    source = ended(room.read_source(come=shares.append))
    assert (source.name, source.width, source.height, source.mask, shares[-1]) == ("red", 8, 4, None, 1)
    assert bytes(source.pixels[:8]) == bytes((200, 10, 20, 255)) * 2 and len(source.pixels) == 4 * 8 * 4
    selection = plugin.krita.Selection()
    selection.select(2, 1, 3, 2, 255)
    document.setSelection(selection)
    mask = np.frombuffer(ended(room.read_source()).mask, np.uint8).reshape(4, 8)
    assert mask.sum() == 6 * 255 and (mask[1:3, 2:5] == 255).all()
    clear = bytes(4 * 3 * 2)
    layer.setPixelData(clear, 2, 1, 3, 2)  # where the selection is
    with pytest.raises(error, match="empty where the selection is"):
        ended(room.read_source())
    selection.select(20, 20, 3, 2, 255)
    with pytest.raises(error, match="beyond the canvas"):
        ended(room.read_source())
    document.setSelection(None)
    layer.setPixelData(bytes(4 * 8 * 4), 0, 0, 8, 4)
    with pytest.raises(error, match="This layer is empty"):
        ended(room.read_source())


def test_linear_spaces_and_other_models_multiply_otherwise(plugin, document):
    room = plugin["document.krita_document"]
    for space, can in {
        ("RGBA", "U8", "sRGB-elle-V2-srgbtrc.icc"): True, ("RGBA", "U16", "ClayRGB-elle-V2-g22.icc"): True,
        ("RGBA", "U16", "sRGB-elle-V2-g10.icc"): False, ("RGBA", "F16", "sRGB-elle-V2-srgbtrc.icc"): False,
        ("RGBA", "U8", "Linear Rec709"): False, ("CMYKA", "U8", "Chemical proof"): False,
    }.items():  # fmt: skip
        document.colorModel, document.colorDepth, document.colorProfile = (lambda v=v: v for v in space)
        assert room.multiplies(key_of(plugin, document)) == can, space


def test_a_guide_lies_over_mid_grey_and_is_neither_painted_nor_seen(plugin, document):
    guides = plugin["document.guides"]
    image = plugin["qt"].QImage(bytes((0, 0, 0, 0, 255, 255, 255, 128, 0, 0, 0, 255)), 3, 1, 12, plugin["qt"].RGBA8888)
    assert list(guides.grey_of(image)) == [128, 192, 0]
    layer = plugin.layer(document, "flow", (255, 0, 0, 255))
    read = ended(guides.read_layer(key_of(plugin, document), layer.uniqueId().toString()))
    assert (read.width(), read.height()) == (8, 4)
    chosen = plugin["work.guides"].Guides(SimpleNamespace(changed=SimpleNamespace(emit=lambda: None)))
    chosen.choose("flow", layer.uniqueId().toString())
    source = SimpleNamespace(key=key_of(plugin, document), node=layer.uniqueId().toString())
    error = plugin["document.open_documents"].CanvasError
    with pytest.raises(error, match="chosen layer is a guide"):
        chosen.check(source, False)
    with pytest.raises(error, match="hide it first"):
        chosen.check(source, True)
    layer.setVisible(False)
    chosen.check(source, True)
    chosen.check(SimpleNamespace(key=source.key, node="another"), False)
    assert chosen.layer("detail") == "" and chosen.layer("flow") == source.node
    large = plugin.document(3000, 1500)
    layer = plugin.layer(large, "flow", (1, 2, 3, 255))
    read = ended(guides.read_layer(key_of(plugin, large), layer.uniqueId().toString()))
    assert (read.width(), read.height()) == (1024, 512) and read.pixelColor(1023, 511).getRgb() == (1, 2, 3, 255)


# --- writing


@pytest.fixture
def result(plugin, document):
    room = plugin["document.krita_document"]
    plugin.layer(document, "it", (9, 9, 9, 255))
    made = room.Result(ended(room.read_source()))
    made.build("title", [("sky", "a"), ("sky", "b"), (None, "c")])
    return made


def test_a_group_of_layers_lies_above_its_source_locked_until_it_is_done(plugin, document, result):
    below, group = document.childNodes()
    assert (below.name(), group.name()) == ("it", "title") and group.uniqueId().toString() == result.group
    (sky, last) = group.childNodes()
    assert (sky.name(), last.name(), sky.through) == ("sky", "c", True)
    assert [each.name() for each in sky.childNodes()] == ["a", "b"] and len(result.parts) == 4
    layers = [*sky.childNodes(), last]
    assert all(each.locked for each in layers)
    result.finish()
    assert not any(each.locked for each in layers)
    again = plugin["document.krita_document"].Result(SimpleNamespace(key=key_of(plugin, document), node="", width=8,
                                                                     height=4))  # fmt: skip
    again.build("title", [("sky", "a"), ("sky", "b"), (None, "c")], result.parts)
    assert again.parts == result.parts and len(document.childNodes()) == 2
    result.remove()
    assert len(document.childNodes()) == 1 and not result.there


def test_pixels_land_where_they_belong_stripe_by_stripe(plugin, document, result, monkeypatch):
    monkeypatch.setattr(plugin["document.krita_document"], "STRIPE", 8)  # pixels: two rows of four
    pixels = np.arange(4 * 3 * 4, dtype=np.uint8).reshape(3, 4, 4) + 100
    pixels[..., 3] = 255
    assert sum(1 for _ in result.write(2, pixels.tobytes(), 3, 1, 4, 3)) == 2
    layer = document.childNodes()[1].childNodes()[1]
    shown = seen(layer.pixelData(0, 0, 8, 4))
    assert np.array_equal(shown[1:4, 3:7], pixels) and shown[..., 3].sum() == 12 * 255
    ended(result.clear(2))
    assert not seen(layer.pixelData(0, 0, 8, 4)).any()


def test_a_part_of_a_preview_is_enlarged_to_its_part_of_the_canvas_and_none_covers_the_painting(
    plugin, document, result
):
    qt = plugin["qt"]
    image = qt.QImage(4, 2, qt.RGBA8888)  # half as large as the canvas
    image.fill(plugin["qt"].QtGui.QColor(0, 0, 255))
    layer = document.childNodes()[1].childNodes()[0].childNodes()[0]
    ended(result.show(image, (1, 0, 2, 1)))
    shown = seen(layer.pixelData(0, 0, 8, 4))
    assert (shown[0:2, 2:6] == (0, 0, 255, 255)).all() and shown[..., 3].sum() == 8 * 255
    result._next = float("inf")
    ended(result.show(image, (3, 1, 1, 1)))  # too early: shown with the next one, which is made to hurry
    assert seen(layer.pixelData(0, 0, 8, 4))[..., 3].sum() == 8 * 255
    result.hurry()
    ended(result.show(image, (0, 1, 1, 1)))
    assert (seen(layer.pixelData(0, 0, 8, 4))[2:4] == (0, 0, 255, 255)).all()
    result.begin_final()
    result.hurry()
    image.fill(plugin["qt"].QtGui.QColor(255, 0, 0))
    ended(result.show(image, (0, 0, 4, 2)))
    assert not (seen(layer.pixelData(0, 0, 8, 4))[..., 0] == 255).any()


def test_of_a_new_look_only_what_is_selected_is_left(plugin):
    cut = plugin["work.looks"].Relooking._select
    mask = bytearray(8 * 4)
    mask[8 + 2 : 8 + 5] = 255, 128, 0
    data = bytearray(np.full((2, 3, 4), 200, np.uint8).tobytes())
    job = SimpleNamespace(source=SimpleNamespace(mask=mask, width=8, height=4))
    ended(cut(job, data, {"x": 2, "y": 1, "width": 3, "height": 2}))
    pixels = np.frombuffer(data, np.uint8).reshape(2, 3, 4)
    assert pixels[..., 3].tolist() == [[200, 100, 0], [0, 0, 0]] and (pixels[..., :3] == 200).all()


# --- remembering


@pytest.fixture
def history(plugin, document):
    state = SimpleNamespace(tell=lambda what: None, say=lambda text: None, settings=plugin["settings"].Settings())
    return plugin["document.history"].History(state)


def test_the_newest_sixteen_results_are_remembered_within_64_mebibytes(plugin, document, history, monkeypatch):
    key = key_of(plugin, document)
    for number in range(18):
        assert history.remember(key, {**RECIPE, "strokes": number}, b"small", b"painting %d" % number)
    assert [entry.recipe["strokes"] for entry in history.entries] == list(range(17, 1, -1))
    assert history.current().recipe["strokes"] == 17 and history.current().title == "it \u2013 painterly"
    assert history.painting(key, history.entries[3]) == b"painting 14"
    history.choose(history.entries[2].name)
    assert history.current().recipe["strokes"] == 15
    monkeypatch.setattr(plugin["document.history"], "MOST_BYTES", 3 * history.entries[0].size + 100)
    assert history.remember(key, {**RECIPE, "strokes": 18}, b"", b"painting of 60 bytes".ljust(60))
    assert [entry.recipe["strokes"] for entry in history.entries] == [18, 17, 16]
    assert not history.remember(key, RECIPE, b"", bytes(4 * history.entries[0].size))


def test_a_result_is_the_newest_whatever_the_clock_says(plugin, document, history, monkeypatch):
    key, now, last = key_of(plugin, document), time.time_ns(), "impasto/" + "f" * 16
    for number, clock in enumerate((now, now - 3600 * 10**9, 0, now)):
        monkeypatch.setattr(time, "time_ns", lambda clock=clock: clock)
        history.remember(key, {**RECIPE, "strokes": number}, b"", b"painting %d" % number)
        assert history.current().recipe["strokes"] == number
    assert [entry.recipe["strokes"] for entry in history.entries] == [3, 2, 1, 0]
    plugin["document.annotations"].keep(document, last, "", b"somebody's")
    assert history.remember(key, RECIPE, b"", b"painting") and len(history.entries) == 5
    assert plugin["document.annotations"].whole(document, last) == b"somebody's"


def test_what_is_no_result_of_ours_is_left_alone(plugin, document, history):
    room, key = plugin["document.history"], key_of(plugin, document)
    history.remember(key, RECIPE, b"small", b"painting")
    (entry,) = history.entries
    whole = plugin["document.annotations"].whole(document, entry.name)
    assert (entry.thumbnail, entry.size, entry.recipe["strokes"]) == (b"small", len(whole), 7)
    for bad in (b"", whole[:15], b"IMPASTO2" + whole[8:], whole[:40], whole.replace(b'"strokes": 7', b'"strokes":-7')):
        with pytest.raises(plugin["protocol"].ProtocolError):
            room.unpacked("x", bad, len(bad))
    for data, size in ((whole[:-10], len(whole)), (whole, len(whole) - 10)):  # two bytes of the picture are missing
        with pytest.raises(plugin["protocol"].ProtocolError):
            room.unpacked("x", data, size)
    plugin["document.annotations"].keep(document, "impasto/0123456789abcdef", "", b"somebody's")
    assert len(room.results(document)) == 1
    image = plugin["qt"].QImage(128, 3, plugin["qt"].RGBA8888)
    image.fill(0)
    assert not room.read_png(room.png(image), 128).isNull() and room.read_png(room.png(image), 127).isNull()


def test_layers_somebody_has_worked_on_are_known(plugin, document, result):
    delivered, key = plugin["document.delivered"], key_of(plugin, document)
    assert not ended(delivered.untouched(key, result.group))  # was never noted
    ended(delivered.note(key, result.group))
    assert ended(delivered.untouched(key, result.group))
    layer = document.childNodes()[1].childNodes()[0].childNodes()[1]
    layer.setPixelData(bytes((1, 2, 3, 4)), 7, 3, 1, 1)
    assert not ended(delivered.untouched(key, result.group))
    ended(delivered.note(key, result.group))
    layer.opacity = lambda: 254
    assert not ended(delivered.untouched(key, result.group))
    del layer.opacity
    assert ended(delivered.untouched(key, result.group))
    layer.blendingMode = lambda: "multiply"
    assert not ended(delivered.untouched(key, result.group))


def test_a_repaint_adds_the_layers_of_its_region_alone(plugin, document):
    plan = plugin["work.repaint_plan"].RepaintPlan("passes", "repaint 1")
    plan.make({"event": "started"}, 2)
    assert plan.layers == [(None, "pass 1"), (None, "pass 2")]
    layers = [{"group": group, "name": name} for group in ("sky", "repaint 1") for name in ("pass 1", "pass 2")]
    assert [(n, layer["group"]) for n, layer in plan.numbered({"layers": layers})] == [
        (0, "repaint 1"),
        (1, "repaint 1"),
    ]
    with pytest.raises(plugin["document.open_documents"].CanvasError, match="beyond the painting"):
        plan.numbered({"layers": layers[:2]})
    whole = plugin["work.repaint_plan"].RepaintPlan("regions", "repaint 1")
    whole.make({"event": "started"}, 2)
    assert whole.titles() == [(None, "painting")]


def test_planes_of_whole_pictures_are_compared_to_their_last_byte_and_written(plugin, tmp_path):
    """A megabyte in each turn, and packing in a thread; what cannot be written is said, and nothing half is left."""
    planes, files = plugin["planes"], plugin["document.files"]
    side, target = 700, tmp_path / "frame.png"
    one, two = planes.room(4 * side * side), planes.room(4 * side * side)
    assert len(one) == 4 * side * side and not any(one[-9:])
    assert ended(planes.same(one, two))
    two[-1] = 255
    assert not ended(planes.same(one, two))
    turns = list(files.written(two, side, side, target))
    shown = np.asarray(Image.open(target))
    assert turns and shown[-1, -1, 3] == 255 and not shown[:-1].any()
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(plugin["document.open_documents"].CanvasError, match="cannot be written"):
        ended(files.written(two, side, side, tmp_path / "folder.png"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder.png", "frame.png"]


def test_of_a_folder_it_is_said_what_was_animated(plugin, document, tmp_path, monkeypatch):
    """Its documents are seen by nobody, so the words at the end say it."""
    many = plugin["work.many"]
    folder = many.PaintingFolder(SimpleNamespace(), str(tmp_path), str(tmp_path), ".kra")
    for name, animated in (("walk.kra", True), ("still.kra", False)):
        monkeypatch.setattr(many, "is_animated", lambda key, uid, animated=animated: animated)
        source = SimpleNamespace(key=key_of(plugin, document), node="")
        painting = SimpleNamespace(document=name, _folder=folder)
        many.PaintingOfFile.tell_if_animated(painting, source, True, "")
    assert folder._summary().endswith("Animated, and painted as a still: walk.kra.")
