"""Many pictures in the real Krita: all that are open, and a folder's."""

import shutil

import pytest
from PIL import Image

PHOTO_SIZE = (160, 120)


@pytest.mark.parametrize("suffix", [".kra", pytest.param(".ora", marks=pytest.mark.nightly)])
def test_all_open_documents_and_a_folder_are_painted(in_window, photo, tmp_path, suffix):
    second = shutil.copy(photo, tmp_path / "owl.png")
    (tmp_path / "in").mkdir()
    for name in ("a.png", "b.jpg"):
        Image.open(photo).convert("RGB").save(tmp_path / "in" / name)
    (tmp_path / "in/broken.png").write_bytes(b"nothing of the kind")
    (tmp_path / "in/notes.txt").write_text("no picture")
    found = in_window("many", photo=photo, second=second, pictures=tmp_path, suffix=suffix)
    assert sorted(found["begun"]) == ["", "astronaut.png", "owl.png"]
    how, trees = found["all"]
    assert how == ["done", "done"] and trees == [["Background", "Background – painterly"]] * 2
    assert found["dialog"].startswith("3 pictures, as the docker is set now (painterly)")
    assert {"1 of 3, a.png", "in: 2 of 3, b.jpg"} <= set(found["seen"])
    assert found["files"] == [f"a{suffix}", f"b{suffix}"] and found["left open"] == 0
    found_names = {
        name: names[1] for name, (names, width) in found["trees"].items() if len(names) == 2 and width == 160
    }
    assert found_names == {f"a{suffix}": "a – painterly", f"b{suffix}": "b – painterly"}
    ended, message, details = found["said"]
    assert ended == ["failed"] and message.startswith("2 pictures are painted, in ")
    assert "1 could not be painted: broken.png: Krita cannot read this file" in message and "broken.png" in details
    assert "0 pictures are painted" in found["again"][1] and "2 were there already." in found["again"][1]
