"""A person against the background, with a network that takes red for a person, and with the real one if it is there."""

import gzip
import hashlib
import io
import json
import sys
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hubs import Hub, bring, left, refusal
from photos import example
from scipy import ndimage
from tiny_tflite import red_is_a_person

from impasto.commands import main as cli
from impasto.engine.errors import ImpastoError
from impasto.engine.installing import install
from impasto.engine.pictures.io import Picture
from impasto.engine.segment import Region, Regions, segment
from impasto.engine.segment.methods.foreground import FILE, NETWORK, foreground
from impasto.engine.segment.networks import models
from impasto.engine.segment.networks.models import Model, find_model, first_there, folder_of, manifest, store, verify

PINNED = manifest()[NETWORK]
REAL = store() if folder_of(PINNED) else None  # before `own_store` hides what the developer has fetched


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def packed(content: bytes, kind: bytes = tarfile.REGTYPE, name: str = f"package/{FILE}") -> bytes:
    """An archive with a network in it, and with things that nobody asked for."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for path, data in (("package/../../evil", b"evil"), ("/etc/evil", b"evil"), (f"other/{FILE}", b"evil")):
            info = tarfile.TarInfo(path)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        info = tarfile.TarInfo(name)
        info.type, info.linkname = kind, f"other/{FILE}"
        info.size = len(content) if kind == tarfile.REGTYPE else 0
        archive.addfile(info, io.BytesIO(content) if kind == tarfile.REGTYPE else None)
    return stream.getvalue()


def offer(hub: Hub, monkeypatch: pytest.MonkeyPatch, network: bytes, archive: bytes | None = None) -> Model:
    """Put a network, and the archive with it, in the place of the real one."""
    data = packed(network) if archive is None else archive
    hub.files["net.tgz"] = data
    model = replace(
        PINNED,
        url=f"{hub.address}/elsewhere/net.tgz",
        archive={"size": len(data), "sha256": digest(data), "folder": "package"},
        files=({"name": FILE, "size": len(network), "sha256": digest(network)},),
    )
    monkeypatch.setattr(models, "manifest", lambda: {NETWORK: model})
    return model


@pytest.fixture
def red(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the network that takes red for a person."""
    offer(hub, monkeypatch, red_is_a_person())
    return bring(hub, NETWORK)


def picture(height: int = 180, width: int = 240, radius: float = 50, blur: float = 0) -> tuple[Picture, np.ndarray]:
    """A red disc before a blue ground, both mottled, and where the disc is."""
    y, x = np.ogrid[:height, :width]
    disc = np.hypot(y - height * 0.6, x - width * 0.4) < radius
    rgb = np.where(disc[..., None], (200, 60, 40), (40, 90, 170))
    rgb = rgb + np.random.default_rng(1).integers(-12, 13, rgb.shape)
    return Picture(ndimage.gaussian_filter(rgb.astype(np.float32), (blur, blur, 0)).astype(np.uint8)), disc


def test_the_real_network_is_pinned():
    assert PINNED.task == "foreground" and PINNED.licence == "Apache-2.0"
    assert PINNED.url.startswith("https://registry.npmjs.org/@mediapipe/selfie_segmentation/-/")
    assert PINNED.archive["size"] < 5_000_000 and len(PINNED.archive["sha256"]) == 64
    assert list(PINNED.expected) == [FILE]


@pytest.mark.parametrize("sides", [(180, 240), (240, 180), (90, 300)])
def test_a_person_in_front_of_the_background(red, sides):
    photo, disc = picture(*sides, radius=min(sides) * 0.3)
    regions = foreground(photo)
    assert regions.names == ("background", "person") and regions.method == "foreground"
    assert [region.kind for region in regions.regions] == ["stuff", "thing"]
    assert all(region.confidence > 0.8 for region in regions.regions)
    assert regions.warnings == ()
    assert regions.masks.shape == (2, *sides)
    assert np.abs(regions.masks.sum(0) - 1).max() < 1e-5
    found = regions.labels() == 1
    assert (found & disc).sum() > 0.99 * (found | disc).sum()  # to the pixel, though the network has 64 × 64
    assert np.array_equal(foreground(photo).masks, regions.masks)


def test_masks_are_soft_where_the_picture_is(red):
    shares = [np.minimum(*foreground(picture(blur=blur)[0]).masks).mean() for blur in (0, 1.5)]
    assert 10 * shares[0] < shares[1] < 0.02


def test_the_masks_have_the_size_asked_for(red):
    photo, _ = picture(180, 240)
    assert foreground(photo, 80).masks.shape == (2, 60, 80)


def test_threads_change_nothing(red):
    import torch

    before = torch.get_num_threads()
    photo, _ = picture()
    try:
        torch.set_num_threads(2)
        two = foreground(photo)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert np.array_equal(two.masks, foreground(photo).masks)


def plain(*colour: int) -> Picture:
    return Picture(np.full((40, 60, 3), colour, np.uint8))


@pytest.mark.parametrize("radius", [0, 4])
def test_nobody_is_found(red, radius):
    """Nothing red at all, or so little that it is a mistake."""
    regions = foreground(picture(radius=radius)[0])
    assert regions.names == ("background",) and (regions.masks == 1).all()
    (warning,) = regions.warnings
    assert warning.startswith("nobody was found in the picture; choose the method unsupervised")


def test_a_person_who_fills_the_picture(red):
    regions = foreground(plain(220, 30, 20))
    assert regions.names == ("person",) and (regions.masks == 1).all()
    assert regions.warnings == () and regions.regions[0].confidence > 0.99


def test_scraps_and_holes_are_closed(red):
    photo, disc = picture()
    rgb = photo.rgb.copy()
    rgb[10:16, 200:206] = (200, 60, 40)
    rgb[100:106, 95:101] = (40, 90, 170)
    labels = foreground(Picture(rgb)).labels()
    assert (labels[5:20, 195:210] == 0).all()
    assert (labels[98:108, 93:103] == 1).all()
    assert (labels == disc).mean() > 0.99


def test_doubts_are_told(hub, monkeypatch):
    """A network that sees what is elsewhere when mirrored: the less its looks agree, the less it is believed."""
    outcomes = {}
    for shift in (2, 5, 24):
        model = offer(hub, monkeypatch, red_is_a_person(64, shift))
        bring(hub, NETWORK, force=True)
        assert verify(model) == []
        regions = foreground(picture(240, 240, 90)[0])
        outcomes[shift] = regions.names[-1], regions.regions[-1].confidence, regions.warnings
    assert outcomes[2][0] == "person" and outcomes[2][1] > 0.75 and outcomes[2][2] == ()
    assert outcomes[5][0] == "person" and 0.5 < outcomes[5][1] < 0.75
    assert "may be no person; look at it, or choose the method unsupervised" in outcomes[5][2][0]
    assert outcomes[24][0] == "background" and "nobody was found" in outcomes[24][2][0]


def test_what_is_see_through_is_not_looked_at(red):
    photo, disc = picture()
    alpha = np.where(disc, 0, 255).astype(np.uint8)
    assert foreground(Picture(photo.rgb, alpha)).names == ("background",)


def test_segment_takes_the_method(red):
    photo, _ = picture()
    regions = segment(photo, "foreground", order=["person", "background"])
    assert regions.names == ("person", "background")
    mask = np.zeros((1, 180, 240), np.float32)
    mask[0, :40] = 1
    own = Regions(np.concatenate([1 - mask, mask]), (Region("rest", "rest"), Region("hat")))
    assert segment(photo, "foreground", masks=own).names == ("background", "person", "hat")
    with pytest.raises(ImpastoError, match="the method foreground takes no network; leave detr out"):
        segment(photo, "foreground", model="detr")


def test_auto_does_not_use_it(red):
    assert first_there("panoptic", "semantic") is None
    assert segment(picture()[0]).method == "unsupervised"


def test_on_the_command_line(red, tmp_path):
    from PIL import Image

    photo, disc = picture()
    Image.fromarray(photo.rgb).save(tmp_path / "photo.png")
    words = ["segment", str(tmp_path / "photo.png"), "--method", "foreground", "--json", "--masks", str(tmp_path / "m")]
    result = CliRunner().invoke(cli.impasto, words, catch_exceptions=False)
    told = json.loads(result.stdout)
    assert [region["name"] for region in told["regions"]] == ["background", "person"]
    assert told["regions"][1]["share"] == pytest.approx(disc.mean(), abs=0.003)
    assert len(list((tmp_path / "m").iterdir())) == 2
    verified = CliRunner().invoke(cli.impasto, ["models", "verify"], catch_exceptions=False)
    assert verified.exit_code == 0 and verified.stdout == f"{NETWORK}: as it came\n"


def refused(photo: Picture) -> str:
    with pytest.raises(ImpastoError) as caught:
        foreground(photo)
    sentence = str(caught.value)
    assert "\n" not in sentence and ";" in sentence
    return sentence


def test_what_has_not_been_fetched_or_is_damaged(hub, monkeypatch):
    photo, _ = picture()
    offer(hub, monkeypatch, red_is_a_person())
    command = f"run `impasto models fetch {NETWORK}`"
    assert refused(photo).endswith(command)
    (path := bring(hub, NETWORK) / FILE).chmod(0o600)
    data = path.read_bytes()
    for damaged in (data[:-1], data + b"\0", data[:500] + bytes([data[500] ^ 1]) + data[501:], b""):
        path.write_bytes(damaged)
        sentence = refused(photo)
        assert "is not the network it should be" in sentence and sentence.endswith(f"{command[:-1]} --force`")
        assert len(verify(find_model(NETWORK))) == 1
    path.unlink()
    assert "cannot be read (No such file" in refused(photo)
    bring(hub, NETWORK)  # mends it
    assert len(foreground(photo)) == 2
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "impasto.engine.segment.networks.tflite_network")
    assert install("regions") in refused(photo)


def test_a_file_of_the_right_checksum_that_is_no_network(hub, monkeypatch):
    offer(hub, monkeypatch, b"TFL3" * 50)
    bring(hub, NETWORK)
    assert "is no network that can be used here" in refused(picture()[0])


def test_fetching_goes_on_and_takes_one_file_only(hub, own_store, monkeypatch, tmp_path):
    data = red_is_a_person()
    model = offer(hub, monkeypatch, data)
    hub.cut_after = [300, 200]
    folder = bring(hub, NETWORK)
    assert [span for _, span in hub.asked] == [None, "bytes=300-", "bytes=500-"]
    assert left(folder) == ["impasto-model.json", FILE] and left(own_store) == [NETWORK]
    assert (folder / FILE).read_bytes() == data and verify(model) == []
    assert sorted(path.name for path in tmp_path.rglob("*evil*")) == []
    hub.files["net.tgz"] = hub.files["net.tgz"][:-1] + b"!"
    assert "is not the file that was expected" in refusal(hub, NETWORK, force=True)
    assert (folder / FILE).read_bytes() == data  # what was there stays


NETWORK_DATA = red_is_a_person()
GOOD = packed(NETWORK_DATA)


@pytest.mark.parametrize(
    ("archive", "words"),
    [
        (packed(NETWORK_DATA, tarfile.SYMTYPE), "holds other files"),
        (packed(NETWORK_DATA, tarfile.LNKTYPE), "holds other files"),
        (packed(NETWORK_DATA, tarfile.DIRTYPE), "holds other files"),
        (packed(NETWORK_DATA, name=f"package/x/{FILE}"), "holds other files"),
        (packed(NETWORK_DATA + bytes(10_000_000)), f"another {FILE} than was expected"),
        (packed(NETWORK_DATA[:-1]), f"another {FILE} than was expected"),
        (packed(NETWORK_DATA[::-1]), f"another {FILE} than was expected"),
        (GOOD[: len(GOOD) // 2], "holds other files"),
        (GOOD[:60] + bytes(40) + GOOD[100:], "holds other files"),
        (gzip.compress(b"no archive" * 200, mtime=0), "holds other files"),
        (b"no archive" * 200, "holds other files"),
    ],
)
def test_archives_that_hold_something_else(hub, own_store, monkeypatch, archive, words):
    """Though their own checksum is right."""
    offer(hub, monkeypatch, NETWORK_DATA, archive)
    assert words in refusal(hub, NETWORK)
    assert folder_of(find_model(NETWORK)) is None
    extracted = [path for path in own_store.rglob("*") if path.is_file() and path.name != "archive.tgz"]
    assert all(path.stat().st_size <= len(NETWORK_DATA) + 1 for path in extracted)


@pytest.mark.skipif(REAL is None, reason="the real network has not been fetched")
def test_the_real_network_on_the_examples(monkeypatch):
    monkeypatch.setenv("IMPASTO_MODELS", str(REAL))
    regions = foreground(example("astronaut"))
    assert regions.names == ("background", "person") and regions.warnings == ()
    assert regions.regions[1].confidence == pytest.approx(0.816, abs=0.01)
    labels = regions.labels()
    for part, (top, left_, bottom, right), person in (
        ("face", (90, 190, 150, 250), 1), ("suit", (300, 130, 380, 170), 1), ("wall", (20, 310, 120, 370), 0),
        ("flag", (50, 5, 200, 60), 0), ("shuttle", (60, 380, 250, 440), 0),
    ):  # fmt: skip
        assert (labels[top:bottom, left_:right] == person).mean() > 0.98, part
    assert "nobody was found" in foreground(example("coffee")).warnings[0]
    assert "may be no person" in foreground(example("chelsea")).warnings[0]
