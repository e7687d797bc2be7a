"""Interest and a detail map by the daemon are what they are here, and so are a style from words and from a picture."""

import io
import json
from typing import Any

import numpy as np
from PIL import Image
from serving import QUICK, STROKES, Daemon, last, order, painted, photo, put

from impasto.engine.daemon.remote import RemotePainter, fetched
from impasto.engine.order import Order
from impasto.engine.painter.events import Finished
from impasto.engine.pictures.io import Picture
from impasto.engine.styles import changed_style


def here(interest: float, detail: np.ndarray | None, flow: Picture | None = None) -> np.ndarray:
    style = changed_style(QUICK, [f"attention.interest={interest}"])
    painter = Order(Picture(photo()), style, strokes=STROKES, working_size=64, detail=detail, flow=flow).painter()
    *_, done = painter.paint()
    assert isinstance(done, Finished)
    return done.painting.render(*photo().shape[:2])


def test_interest_and_detail_of_a_job_are_the_painters(daemon: Daemon) -> None:
    detail = np.zeros((8, 12), np.uint8)
    detail[:, :6] = 255
    with daemon.client() as client:
        plane = {"plane": client.put(detail.tobytes()), "width": 12, "height": 8, "count": 1}
        found = painted(client, order(client, photo(), interest=0.0, detail=plane))
        job = order(client, photo(), interest=1.5)
        kept = fetched(client, job, last(client, job)["painting"]).style
    assert kept["attention"]["interest"] == 1.5
    assert np.array_equal(found, here(0.0, detail)) and not np.array_equal(found, here(0.0, None))


def test_a_flow_is_drawn_by_as_it_is_here(daemon: Daemon) -> None:
    stripes = np.zeros((64, 96, 4), np.uint8)
    stripes[:, ::4, 3] = stripes[:, 1::4, 3] = 255
    drawn = Picture(stripes[..., :3].copy(), stripes[..., 3].copy())
    with daemon.client() as client:
        found = painted(client, order(client, photo(), interest=0.0, flow=put(client, stripes)))
        wish = Order(Picture(photo()), QUICK, strokes=STROKES, working_size=64, flow=drawn)
        *_, there = RemotePainter(client, wish).paint()
        empty: Any = last(client, order(client, photo(), flow=put(client, np.zeros((64, 96, 4), np.uint8))))
    assert np.array_equal(found, here(0.0, None, drawn)) and not np.array_equal(found, here(0.0, None))
    assert isinstance(there, Finished) and len(there.painting.strokes) == STROKES
    assert empty["event"] == "failed" and "no strokes are to be seen in the flow" in empty["sentence"]


def test_a_style_is_suggested_and_learned(daemon: Daemon) -> None:
    with daemon.client() as client:
        said = last(client, client.start("suggest", words="a quiet watercolour"))
        assert said["style"]["values"]["medium"]["kind"] == "watercolour" and "watercolour" in said["why"]
        learned: Any = last(client, client.start("learn", picture=put(client, photo(64, 96)), name="mine"))
        assert learned["style"]["name"] == "mine" and learned["style"]["values"]["colour"]["like"]["colours"]
        plain: Any = last(
            client, client.start("learn", picture=put(client, np.full((64, 64, 3), 9, np.uint8)), name="x")
        )
        assert plain["event"] == "failed" and "one colour" in plain["sentence"]


def test_frames_show_how_a_painting_came_about(daemon: Daemon) -> None:
    with daemon.client() as client:
        first = order(client, photo())
        painting = bytes(client.fetch(first, "result.impasto", last(client, first)["painting"]))
        job = client.start("render", painting=client.put(painting), width=48, height=32, stages=5)
        told: Any = last(client, job)
        frames = [np.asarray(Image.open(io.BytesIO(client.fetch(job, f["file"], f["size"])))) for f in told["stages"]]
        whole = np.frombuffer(client.fetch(job, "pixels.rgba", 32 * 48 * 4), np.uint8).reshape(32, 48, 4)
    assert len(frames) == 5 and all(frame.shape == (32, 48, 3) for frame in frames)
    off = [float(np.abs(frame.astype(int) - whole[..., :3]).mean()) for frame in frames]
    assert off[-1] == 0 and off[0] > off[2] > off[-1]


def test_strokes_as_shapes_and_back(daemon: Daemon) -> None:
    with daemon.client() as client:
        first = order(client, photo())
        painting = bytes(client.fetch(first, "result.impasto", last(client, first)["painting"]))
        job = client.start("render", painting=client.put(painting), width=96, height=64, shapes=True)
        told: Any = last(client, job)
        found = json.loads(client.fetch(job, "shapes.json", told["shapes"]))
        ground = np.frombuffer(client.fetch(job, "pixels.rgba", 64 * 96 * 4), np.uint8).reshape(64, 96, 4)
        strokes = [stroke for group in found["groups"] for stroke in group["strokes"]]
        assert len(strokes) == STROKES and len(np.unique(ground.reshape(-1, 4), axis=0)) < 10
        paths = [f'<path id="stroke-{s["id"]}" d="{s["path"]}" fill="#ff0000"/>' for s in strokes[1:]]
        text = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 64">{"".join(paths)}</svg>'
        drawn = client.put(json.dumps([text]).encode())
        job = client.start("render", painting=client.put(painting), width=96, height=64, drawn=drawn)
        told = last(client, job)
        red = fetched(client, job, told["painting"])
        bad = client.put(json.dumps(["<html/>"]).encode())
        refused: Any = last(
            client, client.start("render", painting=client.put(painting), width=96, height=64, drawn=bad)
        )
    assert told["strokes"] == STROKES - 1 == len(red.strokes) and (red.strokes.table[:, 10:] == (1, 0, 0)).all()
    assert refused["event"] == "failed" and "the shapes cannot be read" in refused["sentence"]
