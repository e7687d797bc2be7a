"""Watercolours by the daemon: what it tells of their media, and their layers, which are to be multiplied."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from serving import Daemon, order, photo, put

from impasto.engine.painting.painting import Painting
from impasto.engine.painting.render import rendered
from impasto.engine.styles import changed_style, load_style
from impasto.protocol import ProtocolError
from impasto.protocol.client import Client

HEIGHT, WIDTH = 32, 48
QUICK = changed_style(
    load_style("watercolour"),
    ["passes=[{radius=0.2,share=1,iterations=3},{radius=0.08,share=2,iterations=3}]", "finish=3",
     "medium.spatter=30"],
).model_dump(mode="json")  # fmt: skip
FILE = "result.impasto"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("multiplied")


def multiplied(client: Client, job: str, layers: list[dict[str, Any]]) -> np.ndarray:
    """The layers over each other, (HEIGHT, WIDTH, 3), on opaque paper."""
    canvas = np.ones((HEIGHT, WIDTH, 3))
    for layer in layers:
        place = np.s_[layer["y"] : layer["y"] + layer["height"], layer["x"] : layer["x"] + layer["width"]]
        shape = (layer["height"], layer["width"], 4)
        part = np.frombuffer(client.fetch(job, layer["file"], int(np.prod(shape))), np.uint8).reshape(shape) / 255
        part = part[..., 3:] * part[..., :3] + (1 - part[..., 3:])
        canvas[place] = canvas[place] * part if layer["blending"] == "multiply" else part
    return canvas * 255


def told(client: Client, job: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    heard = [header for header, _ in client.events(job)]
    assert heard[-1]["event"] == "done", heard[-1]
    return heard, heard[-1]


def test_hello_tells_what_media_are_like(daemon: Daemon) -> None:
    with daemon.client() as client:
        assert client.can("multiply")
        offers, schema = client.hello["offers"], client.hello["parameters"]["$defs"]
        media = {each["name"]: each for each in offers["media"]}
        through = {name for name, each in media.items() if each["absorbs"]}
        assert through >= {"watercolour", "ink", "pen", "pencil", "charcoal"} and not through & {"flat", "oil"}
        known = {
            *(f"medium/{name}" for name in schema["MediumSettings"]["properties"]),
            *(f"light/{name}" for name in schema["LightSettings"]["properties"]),
        }
        for medium in media.values():
            assert set(medium["settings"]) <= known
        washes = {"medium/wetness", "medium/rims", "medium/granulation", "medium/pigments", "medium/spatter"}
        assert washes <= set(media["watercolour"]["settings"]) and not washes & set(media["pen"]["settings"])
        assert "medium/bristles" in media["oil"]["settings"] and media["flat"]["settings"] == []
        assert {"classic", "sepia"} <= {each["name"] for each in offers["pigments"]}
        assert "gamboge" in next(each for each in offers["pigments"] if each["name"] == "classic")["about"]


def test_layers_are_told_before_and_multiply_to_the_picture(daemon: Daemon, kept: Path) -> None:
    half = np.zeros((2, HEIGHT, WIDTH), np.uint8)
    half[0, :, :20], half[1, :, 20:] = 255, 255
    drawn = {**QUICK, "passes": [QUICK["passes"][0], {**QUICK["passes"][1], "medium": "pen"}]}
    with daemon.client() as client:
        masks = {"plane": client.put(half.tobytes()), "count": 2, "width": WIDTH, "height": HEIGHT}
        job = order(
            client, photo(), style=QUICK, strokes=40, layers="passes", multiply=True, masks=masks,
            regions=[{"name": "left"}, {"name": "right", "style": drawn}],
        )  # fmt: skip
        heard, done = told(client, job)
        planned = next(each for each in heard if each["event"] == "started")["layers"]
        names = [(each["group"], each["name"], each["blending"]) for each in planned]
        assert names == [
            (None, "paper", "normal"), ("left", "pass 1", "multiply"), ("left", "pass 2", "multiply"),
            ("right", "pass 1", "multiply"), ("right", "pen", "multiply"), (None, "spatter", "multiply"),
        ]  # fmt: skip
        layers = done["layers"]
        there = [(each["group"], each["name"], each["blending"]) for each in layers]
        assert there == [name for name in names if name in there] and len(there) >= 5
        whole = np.frombuffer(client.fetch(job, "pixels.rgba", HEIGHT * WIDTH * 4), np.uint8).reshape(HEIGHT, WIDTH, 4)
        assert np.abs(multiplied(client, job, layers) - whole[..., :3]).max() <= 2
        data = bytes(client.fetch(job, FILE, done["painting"]))
        (kept / FILE).write_bytes(data)
        held = client.hold(data)
        answer, _ = client.view_event()
        assert answer["layers"]["passes"] == planned
        assert [each["name"] for each in answer["layers"]["regions"]] == ["paper", "pass 1", "pass 1", "spatter"]
        wet = client.show(held, WIDTH, HEIGHT, {"wetness": 2, "rims": 2}, {}, draft=True)
        assert wet != client.show(held, WIDTH, HEIGHT, {"wetness": 0, "rims": 0}, {}, draft=True)
        for kind, layers in (("regions", 4), ("none", 0)):
            size = {"width": WIDTH, "height": HEIGHT, "layers": kind, "multiply": True}
            job = client.start("render", painting=client.put(data), **size)
            _, done = told(client, job)
            assert len(done["layers"]) in (layers, max(layers - 1, 0))  # nothing may have been dark enough to spatter
            if layers:
                assert np.abs(multiplied(client, job, done["layers"]) - whole[..., :3]).max() <= 2


def test_clients_that_do_not_multiply_get_one_layer(daemon: Daemon, kept: Path) -> None:
    """As old ones: it has the place of what they call the background."""
    data = (kept / FILE).read_bytes()
    with daemon.client() as client:
        job = client.start("render", painting=client.put(data), width=WIDTH, height=HEIGHT, layers="passes")
        _, done = told(client, job)
        (layer,) = done["layers"]
        assert (layer["group"], layer["name"], layer["file"]) == (None, "background", "pixels.rgba")
        assert (layer["width"], layer["height"]) == (WIDTH, HEIGHT)


def test_what_is_repainted_covers_what_it_takes_the_place_of(daemon: Daemon, kept: Path) -> None:
    data, mask = (kept / FILE).read_bytes(), np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[8:24, 10:30] = 255
    mask[8, 10:30] = 99
    mask[9, 10:30] = 30
    with daemon.client() as client:
        job = client.start(
            "repaint", painting=client.put(data), picture=put(client, photo()), style=QUICK, strokes=10, name="again",
            mask={"plane": client.put(mask.tobytes()), "width": WIDTH, "height": HEIGHT, "count": 1}, layers="passes",
        )  # fmt: skip
        _, done = told(client, job)
        (layer,) = done["layers"]
        assert (layer["name"], layer["group"], layer["blending"]) == ("pass 1", "again", "normal")
        shape = (HEIGHT, WIDTH, 4)
        part, whole = (
            np.frombuffer(client.fetch(job, name, int(np.prod(shape))), np.uint8).reshape(shape)
            for name in (layer["file"], "pixels.rgba")
        )
        assert not part[mask == 0].any() and np.array_equal(part[mask > 64], whole[mask > 64])
        assert np.abs(part[mask == 30][:, 3] - 120.0).max() <= 4


def test_oil_does_not_become_watercolour_by_being_shown(daemon: Daemon, kept: Path) -> None:
    painting = Painting.load(kept / FILE)
    with daemon.client() as client:
        handle = client.hold((kept / FILE).read_bytes())
        client.view_event()
        for kind in ("oil", "flat"):
            with pytest.raises(ProtocolError, match=r"\w") as refused:
                client.show(handle, WIDTH, HEIGHT, {"kind": kind})
            assert refused.value.code == "refused" and str(refused.value).count(". ") == 0
        shown = client.show(handle, WIDTH, HEIGHT, {"kind": "ink"}, {"relief": 0})
        assert len(shown) == HEIGHT * WIDTH * 4
        plain = client.show(handle, WIDTH, HEIGHT)
        assert plain == rendered(painting, HEIGHT, WIDTH, painting.background).tobytes()


def test_what_covers_and_what_does_not_are_not_mixed_by_region(daemon: Daemon) -> None:
    half = np.zeros((2, HEIGHT, WIDTH), np.uint8)
    half[0, :, :20], half[1, :, 20:] = 255, 255
    oil = load_style("alla-prima").model_dump(mode="json")
    with daemon.client() as client:
        masks = {"plane": client.put(half.tobytes()), "count": 2, "width": WIDTH, "height": HEIGHT}
        job = order(
            client, photo(), style=QUICK, strokes=40, masks=masks,
            regions=[{"name": "left"}, {"name": "right", "style": oil}],
        )  # fmt: skip
        *_, (end, _) = client.events(job)
        assert (end["event"], end["code"]) == ("failed", "refused")
        assert (
            "watercolour, which lets the paper through" in end["sentence"] and "choose media of one" in end["sentence"]
        )
