"""Another look for a painting in the real Krita: live, in one undo step, and never over what is not ours to change."""

import pytest

from impasto.engine.styles import load_style

PHOTO_SIZE = (320, 320)


@pytest.fixture
def own_styles(engine):
    """The engine's folder of the user's styles; of those that a test adds none stays."""
    folder = engine.folder / "styles"
    yield folder
    for path in folder.glob("*"):
        path.unlink()


def test_a_look_is_changed(in_window, engine, own_styles, photo, monkeypatch):
    found = in_window("look", photo=photo)
    print({name: found[name] for name in ("seconds", "close", "knife")})
    assert found["aim before"] and {"Flat", "Oil", "Knife"} <= set(found["media"]) and all(found["pictured"])
    assert found["next"] == 42 and found["for the next"] == [{"kind": "oil"}, False]
    assert found["paint"] == ["done", ""] and found["relief"] == ["done", ""]
    *changed, different = found["live"]
    assert all(changed) and different == 3
    title = "Background – painterly"
    assert found["replaced"] == [True, [[title, False], [title, True]], True]
    assert 0.2 < found["close"] < 25 and not any(found["unlocked"])
    assert found["undone"] == [True, True, None]
    assert found["again"] == [True, True, {"relief": 1.35}]
    how, message, visible, count = found["worked on"]
    assert how == "done" and "worked on" in message and visible == [True] and count == 3
    assert found["kept"] and found["mine again"]
    assert found["strays"] == [0, 0] and found["knife"] > 0.5 and found["selected"][0] == ["done"]
    assert found["cancelled"] == ["cancelled", True, True]
    changes, medium, no_aim = found["kept style"]
    assert changes == {} and medium == {"kind": "knife", "dryness": 1.8} and no_aim
    assert "press again to replace it" in found["asked"][0] and found["asked"][1] == "Replace it"
    assert "comes with Impasto" in found["preset"]
    assert found["older"] == [True, False, True]
    assert found["oldest"][:2] == [False, True] and "update it" in found["oldest"][2]
    monkeypatch.setenv("IMPASTO_HOME", str(engine.folder))
    assert [path.name for path in own_styles.iterdir()] == ["rough sea.toml"]
    kept = load_style("rough sea")
    assert (kept.medium.kind, kept.light.relief, kept.strokes) == ("knife", 1.35, 300)
