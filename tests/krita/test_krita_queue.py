"""Several documents and jobs in the real Krita; nobody's is stopped for another's."""

import shutil

PHOTO_SIZE = (240, 200)


def test_jobs_of_several_documents_are_named_paused_put_in_order_and_stopped(in_window, photo, tmp_path):
    second = shutil.copy(photo, tmp_path / "owl.png")
    found = in_window("queue", photo=photo, second=second, pictures=tmp_path)
    waiting = "Something is being done in this document; cancel it, or wait a moment."
    assert found["at once"] == [1, 1, waiting]
    assert found["alone"] == [False, True] and found["elsewhere"] == [False, False, True, ""]
    words, (painted, waits) = found["waits"]
    assert words == "waiting for its turn" and waits == "owl.png: painterly – waiting for its turn"
    assert painted.startswith("astronaut.png: painterly – pass ")
    assert found["order"] == ["owl.png", "astronaut.png", 0, False] and not any(found["icons"])
    assert found["paused"] == [True, 1, "astronaut.png: painterly – paused", "Background – painterly"]
    assert found["cancelled"] == [["done", "cancelled"], 0]
    names = [f"Background – painterly, seed {seed}" for seed in range(4)]
    assert found["four"] == ["owl.png", 4, ["done"] * 4, names, [3, 2, 1, 0], 4]
    differs, key, busy, later = found["keys"]
    assert differs and later == key and not busy  # though what it is a copy of was closed
    assert found["again"]
    how, others, own, others_before, before = found["copy"]
    assert (how, others, own) == ("done", others_before, before + 1)
    assert found["alone shown"] == [False, True, False, False] and found["message"] == ""
