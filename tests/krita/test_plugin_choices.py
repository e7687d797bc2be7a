"""What the artist chose, what is asked of the engine for it, and what is said: by value, with a Krita that is none."""

import json
from random import Random
from types import SimpleNamespace

import pytest

from impasto.engine.daemon.hello import greeting
from impasto.protocol.session import Put
from tests.krita.planted import ended

HELLO = greeting(1)


@pytest.fixture
def settings(plugin):
    plugin.krita.Krita.instance().kept.clear()
    return plugin["settings"].Settings()


def kept(plugin):
    return json.loads(plugin.krita.Krita.instance().readSetting("impasto", "settings", "{}"))


def test_what_is_chosen_is_kept_and_what_makes_no_sense_is_as_usual(plugin, settings):
    settings["strokes"] = 500
    write = plugin.krita.Krita.instance().writeSetting
    write("impasto", "settings", json.dumps({
        "strokes": 500, "seed": 2**31 - 1, "brush": 2.5, "looseness": -1, "interest": 2.0, "layers": "many",
        "effort": "high", "visible": 1, "style": "x" * 101, "python": "/" + "x" * 200, "of a newer one": [1],
    }))  # fmt: skip
    found = plugin["settings"].Settings()
    assert [found[n] for n in ("strokes", "seed", "interest", "effort")] == [500, 2**31 - 1, 2.0, "high"]
    assert [found[n] for n in ("brush", "looseness", "layers", "visible", "style")] == [
        1.0, 0.0, "regions", False, "painterly",
    ]  # fmt: skip
    assert found["python"].startswith("/x")  # a path may be longer
    found["seed"] = 7
    assert kept(plugin)["of a newer one"] == [1] and kept(plugin)["seed"] == 7
    for text in ("[", "[]", '"x"'):
        write("impasto", "settings", text)
        assert plugin["settings"].Settings()["strokes"] == 0


@pytest.mark.parametrize(
    ("name", "sound", "absurd"),
    [
        ("strokes", (0, 1_000_000), (-1, 1_000_001)), ("seed", (0, 2**31 - 1), (-1, 2**31)),
        ("brush", (0.5, 2.0), (0.49, 2.01)), ("looseness", (-1.0, 1.0), (-1.01, 1.01)),
        ("interest", (-1.0, 2.0), (-1.01, 2.01)), ("layers", ("none", "passes"), ("all",)),
        ("effort", ("draft",), ("least",)), ("regions", (True,), (1,)), ("segmenter", ("x" * 100,), ("x" * 101,)),
    ],
)  # fmt: skip
def test_ranges_of_what_a_painting_is_made_with(settings, name, sound, absurd):
    assert all(settings.sound({name: value})[name] == value for value in sound)
    assert not any(name in settings.sound({name: value}) for value in absurd)


def test_a_documents_own_settings_hold_while_it_is_looked_at(plugin, settings):
    settings["strokes"] = 100
    own = settings.sound({"strokes": 900, "python": "/not/of/a/painting"})
    assert "python" not in own and own["seed"] == 0  # what it does not name was as usual
    settings.use(own)
    assert settings["strokes"] == settings.now()["strokes"] == 900
    settings["strokes"], settings["python"] = 800, "/mine"
    settings.use(None)
    assert settings["strokes"] == 800 and own["strokes"] == 800 and "python" not in own
    settings.use({"strokes": 1})
    assert settings["strokes"] == 1 and kept(plugin)["strokes"] == 800


def connection(plugin, **changes):
    """What is known of an engine, without one."""
    hello = {**json.loads(json.dumps(HELLO)), **changes}
    lacks = plugin["link.connection"].Connection.lacks
    found = SimpleNamespace(hello=hello, state="connected", asked=[])
    found.lacks = lambda feature: lacks(found, feature)
    return found


def test_only_what_is_otherwise_than_usual_is_asked_for(plugin, settings):
    wished = plugin["work.paint_job"]._wished
    state = SimpleNamespace(connection=connection(plugin), settings=settings)
    assert wished(state, settings) == {}
    settings["brush"], settings["looseness"], settings["strokes"], settings["interest"] = 1.5, -0.5, 70, 0.0
    settings["effort"] = "draft"
    everything = {"brush": 1.5, "looseness": -0.5, "strokes": 70, "interest": 0.0, "effort": "draft"}
    assert wished(state, settings) == everything
    state.connection = connection(plugin, features=[])
    assert wished(state, settings) == {"brush": 1.5, "looseness": -0.5, "strokes": 70}  # an older engine


def test_strokes_that_absorb_are_known_by_the_engines_media_and_multiplied_where_that_can_be(plugin, settings):
    chosen = plugin["chosen_style"]
    state = SimpleNamespace(connection=connection(plugin), settings=settings)
    style = chosen.ChosenStyle(state)
    values = {each["name"]: each["values"] for each in HELLO["styles"]}
    assert style.absorbs(values["watercolour"]) and not style.absorbs(values["painterly"])
    assert chosen.kinds_of({"medium": {"kind": "oil"}, "passes": [{}, {"medium": "pen"}, {"medium": "oil"}]}) == [
        "oil", "pen",
    ]  # fmt: skip
    document = plugin.document(4, 4)
    job = SimpleNamespace(
        _state=SimpleNamespace(style=style, connection=state.connection),
        _plan=SimpleNamespace(kind="passes"),
        source=SimpleNamespace(key=plugin["document.open_documents"].key_of(document)),
    )
    layered = plugin["work.paint_job"].PaintJob._layered
    assert layered(job, values["painterly"]) == {"layers": "passes"}
    assert layered(job, values["watercolour"]) == {"layers": "passes", "multiply": True}
    document.colorDepth = lambda: "F32"
    assert layered(job, values["watercolour"]) == {"layers": "none"} and job._plan.kind == "none"


def test_a_style_is_changed_by_parameter_and_back(plugin, settings):
    told = []
    state = SimpleNamespace(connection=connection(plugin), settings=settings, tell=told.append)
    style = plugin["chosen_style"].ChosenStyle(state)
    usual = style.plain()["values"]["shape"]["aspect"]
    style.change("shape/aspect", 7.5)
    assert style.changes() == {"shape/aspect": 7.5} and style.changed()["values"]["shape"]["aspect"] == 7.5
    style.change("shape/aspect", 1e9)  # what it may not be
    assert style.changes() == {}
    style.change("shape/aspect", 7.5)
    style.change("shape/aspect", usual)
    assert style.changes() == {} and len(told) == 4
    settings["style"] = "nobody's"
    assert style.plain() is style.known[0]
    style.adopt({"name": "mine", "description": "", "values": usual_values(style)})
    assert settings["style"] == "mine" and style.known[-1]["name"] == "mine"


def usual_values(style):
    return style.known[0]["values"]


def test_names_of_styles_are_plain_and_new(plugin):
    free = plugin["work.wishes"].free_name
    assert free("  A sea: \u201crough\u201d. ", []) == "A sea rough" and free("///", []) == "my style"
    assert free("Sea", ["sea", "SEA 2"]) == "Sea 3" and len(free("x" * 99, [])) == 40


def test_a_file_is_read_no_larger_than_1024_pixels(plugin, tmp_path):
    qt = plugin["qt"]
    image = qt.QImage(2048, 300, qt.RGBA8888)
    image.fill(qt.QtGui.QColor(1, 2, 3))
    image.save(str(tmp_path / "it.png"))
    found = plugin["work.wishes"].read_file(str(tmp_path / "it.png"))
    assert (found.width(), found.height(), found.pixelColor(5, 5).getRgb()) == (1024, 150, (1, 2, 3, 255))
    with pytest.raises(plugin["document.open_documents"].CanvasError, match="cannot be read"):
        plugin["work.wishes"].read_file(str(tmp_path / "none.png"))


def test_a_selections_mask_fits_into_a_note_and_comes_back(plugin):
    resume = plugin["work.resume"]
    mask = bytearray(2000 * 1000)
    for row in range(500):
        mask[2000 * row + 1000 : 2000 * row + 2000] = b"\xff" * 1000
    text = ended(resume.written_mask(SimpleNamespace(mask=mask, width=2000, height=1000)))
    assert len(text) <= resume.MOST_MASK == 1 << 17
    image = resume.read_mask(text, 200, 100)
    shown = plugin["document.annotations"].mask_bytes(image)
    assert (image.width(), image.height()) == (200, 100)
    assert [shown[200 * 10 + 50], shown[200 * 10 + 150], shown[200 * 90 + 150]] == [0, 255, 0]
    noise = bytearray(Random(1).randbytes(1024 * 1024))
    text = ended(resume.written_mask(SimpleNamespace(mask=noise, width=1024, height=1024)))
    assert 1 << 16 < len(text) <= 1 << 17  # of 256 pixels a side, which is the most that fits
    assert resume.read_mask("no mask", 5, 5).isNull()


def test_four_chunks_are_on_their_way_at_a_time_and_what_has_arrived_is_told(plugin):
    asked, heard, came = [], [], []

    def ask(kind, frames, **fields):
        return lambda resume: asked.append((kind, fields, resume))

    begin = plugin["link.carrying"].carried_out(ask, lambda: Put(bytes(6 << 20), False, 4, 1 << 20), came.append)
    begin(lambda value=None, error=None: heard.append((value, error)))
    assert len(asked) == 4 and not heard
    name = asked[0][1]["plane"]
    while asked:
        _, _, resume = asked.pop(0)
        resume(({}, []))
    assert heard == [(name, None)] and came[-1] == 1 and came == sorted(came)


def test_a_message_is_of_the_document_it_is_about(plugin):
    state = plugin["state"].PluginState()
    first, second = plugin.document(4, 4), plugin.document(5, 5)
    key = plugin["document.open_documents"].key_of
    state.say("of the second", key=key(second))
    state.say("of the first", "a trace", key=key(first))
    assert state.message == "of the second"
    plugin.krita.Krita.instance().seen = first
    assert (state.message, state.details) == ("of the first", "a trace")
    state.say("of all")
    assert state.message == "of all"
    plugin.krita.Krita.instance().seen = second
    assert state.message == "of the second"
    state.hush()
    assert state.message == ""
    problem = ValueError("x")
    state.trouble(problem, "one\ntwo\nthree")
    assert state.message == "This should not have happened: x" and state.details == "one\ntwo\nthree"
    state.hush()
    state.trouble(ValueError("y"), "one\ntwo\nfour")  # from the same place
    assert state.message == ""


def test_work_is_put_in_order_and_what_is_at_work_is_shown(plugin):
    told = []
    connection_ = SimpleNamespace(lacks=lambda feature: False, tell=lambda kind, **fields: told.append((kind, fields)))
    state = plugin["qt"].QObject()
    state.connection, state.tell = connection_, lambda what: None
    run = plugin["work.run"].Run(state)
    document = plugin.document(4, 4)
    here = plugin["document.open_documents"].key_of(document)

    def piece(job, stage, key=here, paused=False):
        return SimpleNamespace(job=SimpleNamespace(id=job), stage=stage, key=key, paused=paused, fraction=0.25)

    a, b, c = piece("a", "waiting"), piece("b", "painting"), piece("c", "painting", "elsewhere")
    run.pieces = [c, a, b]
    assert run.here == [a, b] and run.work is b and run.fraction == 0.25
    run.move(b, -1)
    assert run.pieces == [c, b, a] and told == [("arrange", {"jobs": ["c", "b", "a"]})]
    run.move(c, 2)
    assert run.pieces == [b, a, c]
    new = piece("", "reading")
    run.pieces = [new, *run.pieces]
    new.job.id = "new"
    run.handed_in(new)
    assert run.pieces == [b, a, c, new]
    run.pause(b, True)
    assert told[-1] == ("pause", {"job": "b", "on": True})
    run.pieces, b.paused = [a, b], True
    assert run.work is a


def test_layers_come_in_pieces_of_eight_mebibytes(plugin):
    brought, asked, written = plugin["work.paint_job"]._brought, [], []

    def fetched(file, size, offset):
        asked.append((size, offset))
        return bytearray(size)
        yield

    def write(number, data, *place):
        written.append((number, len(data), place))
        return
        yield

    def select(data, layer):
        return
        yield

    layer = {"file": "f", "name": "n", "group": None, "x": 3, "y": 10, "width": 2048, "height": 1500}
    ended(brought(SimpleNamespace(fetched=fetched), SimpleNamespace(write=write), 2, layer, select))
    assert written == [(2, 8 << 20, (3, 10, 2048, 1024)), (2, 476 * 8192, (3, 1034, 2048, 476))]
    assert asked == [(8 << 20, 0), (476 * 8192, 8 << 20)]


def test_documents_that_are_called_alike_are_told_apart_in_lists(plugin):
    """By their folders, by numbers if they have none; a copy of Krita's has the ids of what it is a copy of."""
    title_of, key_of = plugin["work.piece"].title_of, plugin["document.open_documents"].key_of
    pieces = []
    for file in ("/a/owl.png", "/b/owl.png", "", ""):
        document = plugin.document(4, 4)
        document.fileName = lambda file=file: file
        pieces.append(SimpleNamespace(key=key_of(document), document="owl.png" if "owl" in file else "Unnamed"))
    titles = [title_of(piece, pieces) for piece in pieces]
    assert titles[:2] == ["a/owl.png", "b/owl.png"] and sorted(titles[2:]) == ["Unnamed (1)", "Unnamed (2)"]
    assert [title_of(piece, pieces[1:3]) for piece in pieces[1:3]] == ["owl.png", "Unnamed"]
    assert title_of(pieces[0], [pieces[0], pieces[0]]) == "owl.png"  # two of one document
    first, copy = plugin.document(4, 4), plugin.document(4, 4)
    copy.uniqueId = first.uniqueId
    keys = [key_of(first), key_of(copy), key_of(first), key_of(copy)]
    assert keys[0] != keys[1] and keys[:2] == keys[2:]


def test_buttons_go_below_each_other_where_their_texts_do_not_fit(plugin):
    """As they do not in French, in a narrow docker: they were cut at both ends."""
    parts, widgets = plugin["ui.parts"], plugin["qt"].QtWidgets
    buttons = [widgets.QPushButton(text) for text in ("Reprendre les réglages", "Comparer", "Retirer")]
    columns = parts.Columns(buttons)
    columns.show()
    wide = sum(button.sizeHint().width() for button in buttons[:2])
    for width, count in ((wide + 40, 2), (wide - 10, 1), (wide + 40, 2)):
        columns.resize(width, 200)
        widgets.QApplication.processEvents()
        assert columns.count == count and len({button.x() for button in buttons}) == count
        assert all(button.width() >= min(button.sizeHint().width(), width) for button in buttons[:2])
    columns.close()
