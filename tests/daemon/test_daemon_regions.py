"""A client's regions in a job that is taken up again: what is left bare stays bare, and the painting is the same."""

import numpy as np
import pytest
from PIL import Image

from impasto.engine.daemon import region_cache as region_cache
from impasto.engine.daemon.region_cache import RegionCache
from impasto.engine.daemon.tasks import CHECKPOINT, begin_painting, begin_repainting
from impasto.engine.errors import ImpastoError
from impasto.engine.painter import events
from impasto.engine.pictures.io import Picture
from impasto.engine.segment import segment
from impasto.engine.styles import Style
from impasto.protocol.messages import REQUESTS, checked_fields

HEIGHT, WIDTH = 40, 60
STYLE = Style.model_validate(
    {
        "name": "quick",
        "passes": [{"radius": 0.2, "share": 1, "iterations": 8}, {"radius": 0.08, "share": 2, "iterations": 8}],
        "finish": 4,
        "plateau": 0,
    }
).model_dump(mode="json")


def test_a_region_left_bare_stays_bare_when_the_job_is_taken_up_again(tmp_path):
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    pixels = np.stack([x * 4, y * 6, (x + y) * 2], -1).astype(np.uint8)
    (tmp_path / "picture.raw").write_bytes(pixels.tobytes())
    masks = np.zeros((2, HEIGHT // 2, WIDTH // 2), np.uint8)  # smaller than the picture
    masks[0, :, :15], masks[1, :, 15:] = 255, 255
    (tmp_path / "masks.raw").write_bytes(masks.tobytes())
    fields = checked_fields(
        {
            "picture": {"plane": "a", "width": WIDTH, "height": HEIGHT, "channels": 3, "depth": "u8",
                        "stride": 3 * WIDTH},
            "masks": {"plane": "b", "width": WIDTH // 2, "height": HEIGHT // 2, "count": 2},
            "regions": [{"name": "left"}, {"name": "right", "skip": True, "detail": 2.0}],
            "style": STYLE, "strokes": 60, "working_size": 64,
        },
        REQUESTS["paint"][0],
    )  # fmt: skip

    def painter():
        where, rhythm = {"device": "cpu", "threads": 1}, {"checkpoint_every": 0.0}
        return begin_painting(tmp_path, fields, where, rhythm, lambda *_, **__: None, RegionCache())[0]

    told = list(painter().paint())
    checkpoints = [event for event in told if isinstance(event, events.Checkpointed)]
    checkpoints[len(checkpoints) // 2].painting.save(tmp_path / CHECKPOINT)
    *_, again = painter().paint()
    assert isinstance(again, events.Finished) and isinstance(told[-1], events.Finished)
    one, two = (event.painting.render(HEIGHT, WIDTH) for event in (told[-1], again))
    assert np.array_equal(one, two)
    assert one[:, : WIDTH // 2 - 2, 3].min() == 255 and not one[:, WIDTH // 2 + 2 :, 3].any()


def test_the_effort_of_a_job_is_the_painters(tmp_path, efforts):
    """Of a painting and of a repaint; a record of an older daemon says nothing of it."""
    plane = {"plane": "a", "width": WIDTH, "height": HEIGHT, "channels": 3, "depth": "u8", "stride": 3 * WIDTH}
    (tmp_path / "picture.raw").write_bytes(bytes(range(200)) * (3 * HEIGHT * WIDTH // 200))
    where, asked = {"device": "cpu", "threads": 1}, {"picture": plane, "style": STYLE, "strokes": 30}

    def fields(kind, **more):
        return checked_fields({**asked, **more}, REQUESTS[kind][0])

    for more in ({}, {"effort": "draft"}):
        painter, _ = begin_painting(tmp_path, fields("paint", **more), where, {}, lambda *_, **__: None, RegionCache())
    *_, done = painter.paint()
    assert isinstance(done, events.Finished)
    done.painting.save(tmp_path / "painting.raw")
    (tmp_path / "mask.raw").write_bytes(b"\xff" * (HEIGHT * WIDTH))
    mask = {"plane": "b", "width": WIDTH, "height": HEIGHT, "count": 1}
    begin_repainting(tmp_path, fields("repaint", painting="c", mask=mask, effort="high"), where, {})
    assert efforts == ["normal", "draft", "high"]


def test_a_tip_is_read_from_the_engines_own_styles_and_from_nowhere_else(tmp_path, monkeypatch):
    """A client may name any file: of others it learns nothing, not even whether they are there."""
    own = tmp_path / "home" / "styles"
    own.mkdir(parents=True)
    Image.fromarray(np.uint8(np.arange(1024).reshape(32, 32) % 256)).save(own / "comb.png")
    (tmp_path / "secret.png").write_bytes((own / "comb.png").read_bytes())
    (own / "link.png").symlink_to(tmp_path / "secret.png")
    monkeypatch.setenv("IMPASTO_HOME", str(tmp_path / "home"))
    (tmp_path / "picture.raw").write_bytes(bytes(range(200)) * (3 * HEIGHT * WIDTH // 200))
    plane = {"plane": "a", "width": WIDTH, "height": HEIGHT, "channels": 3, "depth": "u8", "stride": 3 * WIDTH}

    def begin(tip):
        style = {**STYLE, "medium": {"kind": "oil", "tip": str(tip)}}
        fields = checked_fields({"picture": plane, "style": style, "strokes": 30}, REQUESTS["paint"][0])
        where = {"device": "cpu", "threads": 1}
        return begin_painting(tmp_path, fields, where, {}, lambda *_, **__: None, RegionCache())[0]

    *_, done = begin(own / "comb.png").paint()
    assert isinstance(done, events.Finished) and done.painting.tip is not None
    assert done.painting.style["medium"]["tip"] == "comb.png"
    *_, again = begin("styles/comb.png").paint()  # as a guest is told it
    assert isinstance(again, events.Finished) and again.painting.tip is not None
    assert np.array_equal(again.painting.tip, done.painting.tip)
    outside = (tmp_path / "secret.png", own / ".." / ".." / "secret.png", own / "link.png", tmp_path / "no", "comb.png")
    for tip in outside:
        with pytest.raises(ImpastoError, match="there is only the name of the tip"):
            begin(tip)
    with pytest.raises(ImpastoError, match="there is no file"):
        begin(own / "no.png")


def test_regions_found_a_moment_ago_are_not_sought_again(monkeypatch):
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    pixels = np.stack([x * 4, np.where(y > 20, 200, 10), (x + y) * 2], -1).astype(np.uint8)
    kept, alpha = RegionCache(), np.full((HEIGHT, WIDTH), 255, np.uint8)

    def found(pixels, alpha=None, method="unsupervised", size=64):
        return kept.segment(Picture(pixels.copy(), alpha), method, model=None, size=size)

    first = found(pixels)
    assert np.array_equal(first.masks, segment(Picture(pixels), "unsupervised", size=64).masks)
    assert found(pixels) is first  # in another array
    changed = pixels.copy()
    changed[3, 4, 1] ^= 1
    for other in (
        (changed, None, 64),
        (pixels, alpha, 64),
        (pixels, None, 32),
        (pixels.reshape(WIDTH, HEIGHT, 3), None, 64),
    ):
        assert found(other[0], other[1], size=other[2]) is not first
        first = found(pixels)  # one at a time is kept
    assert found(pixels, None, "auto") is not first and found(pixels) is first
    monkeypatch.setattr(region_cache, "MOST_MASK_BYTES", 0)
    assert found(changed) is not found(changed)
