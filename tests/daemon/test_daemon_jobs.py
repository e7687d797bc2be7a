"""Every kind of job, from planes to results that can be fetched; and that an answer is not long in coming."""

import time

import numpy as np
import pytest
from test_daemon_kills import HEIGHT, STYLE, WIDTH, Daemon, begin, pixels

from impasto.engine.painting.painting import Painting
from impasto.engine.styles import Style, changed_style, varied
from impasto.protocol import NEWEST_VERSION, OLDEST_VERSION, ProtocolError

QUICK = Style.model_validate(
    {
        "name": "quick",
        "passes": [{"radius": 0.2, "share": 1, "iterations": 5}, {"radius": 0.08, "share": 2, "iterations": 5}],
        "finish": 4,
        "plateau": 0,
    }
).model_dump(mode="json")


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    daemon = Daemon(tmp_path_factory.mktemp("jobs"))
    with daemon.client() as found:
        yield found
    daemon.kill()


def plane(client, number=0):
    name = client.put(pixels(number).tobytes())
    return {"plane": name, "width": WIDTH, "height": HEIGHT, "channels": 3, "depth": "u8", "stride": 3 * WIDTH}


def done(client, job):
    heard = [header for header, _ in client.events(job)]
    assert heard[-1]["event"] == "done", heard[-1]
    return heard


def fetched(client, job, file, *shape):
    data = client.fetch(job, file, int(np.prod(shape)))
    return np.frombuffer(data, np.uint8).reshape(shape)


def test_hello_tells_all_a_docker_needs(client):
    hello = client.ask("hello", versions=[1, 7])
    assert hello["version"] == NEWEST_VERSION and hello["versions"] == [OLDEST_VERSION, NEWEST_VERSION]
    assert {style["name"] for style in hello["styles"]} >= {"painterly", "realistic"}
    parameters = hello["parameters"]["properties"]
    for style in hello["styles"]:
        assert Style.model_validate(style["values"]) and set(style["values"]) <= set(parameters)
    assert "unsupervised" in hello["segmenters"] and hello["limits"]["chunk"] > 0 and hello["devices"]


def test_a_painting_in_layers_that_lie_over_each_other(client):
    job = client.start("paint", picture=plane(client), style=QUICK, strokes=40, layers="passes")
    heard = done(client, job)
    layers = heard[-1]["layers"]
    assert [header for header in heard if header["event"] == "layer"] and len(layers) >= 2
    canvas = np.zeros((HEIGHT, WIDTH, 4))
    for layer in layers:
        part = fetched(client, job, layer["file"], layer["height"], layer["width"], 4) / 255.0
        window = canvas[layer["y"] : layer["y"] + layer["height"], layer["x"] : layer["x"] + layer["width"]]
        alpha = part[..., 3:]
        window *= 1 - alpha
        window += np.concatenate([part[..., :3] * alpha, alpha], -1)
    whole = fetched(client, job, "pixels.rgba", HEIGHT, WIDTH, 4)
    assert np.abs(canvas * 255 - whole).max() < 1.6  # the background is opaque: premultiplied is straight


def test_brush_and_looseness_vary_the_styles_of_painting_region_and_repaint(client, tmp_path):
    half = np.zeros((2, HEIGHT, WIDTH), np.uint8)
    half[0, :20], half[1, 20:] = 255, 255
    masks = {"width": WIDTH, "height": HEIGHT}
    sliders = {"brush": 1.5, "looseness": -0.5}
    style = Style.model_validate(QUICK)
    own = changed_style(style, ["shape.aspect=9"])
    regions = [{"name": "up"}, {"name": "down", "style": own.model_dump(mode="json")}]
    job = client.start(
        "paint", picture=plane(client), style=QUICK, strokes=60, regions=regions, **sliders,
        masks={"plane": client.put(half.tobytes()), "count": 2, **masks},
    )  # fmt: skip
    painting = client.fetch(job, "result.impasto", done(client, job)[-1]["painting"])
    (tmp_path / "a.impasto").write_bytes(painting)
    found = Painting.load(tmp_path / "a.impasto")
    assert found.style == varied(style, 1.5, -0.5).model_dump(mode="json")
    assert found.regions is not None
    down = next(area for area in found.regions.infos if area.name == "down")
    assert down.style == varied(own, 1.5, -0.5).model_dump(mode="json")
    job = client.start(
        "repaint", painting=client.put(painting), picture=plane(client), style=QUICK, strokes=30, **sliders,
        mask={"plane": client.put(half[0].tobytes()), "count": 1, **masks},
    )  # fmt: skip
    (tmp_path / "b.impasto").write_bytes(client.fetch(job, "result.impasto", done(client, job)[-1]["painting"]))
    kept = Painting.load(tmp_path / "b.impasto").regions
    assert kept is not None
    again = next(info for info in kept.infos if info.name == "repaint")
    assert again.style == varied(style, 1.5, -0.5).model_dump(mode="json")


@pytest.mark.parametrize(
    ("field", "value"), [("brush", 0.49), ("brush", 2.01), ("looseness", -1.01), ("looseness", 1.01)]
)
def test_brush_and_looseness_beyond_their_ranges_are_refused(client, field, value):
    with pytest.raises(ProtocolError, match=field) as refused:
        client.start("paint", picture=plane(client), style=QUICK, **{field: value})
    assert refused.value.code == "malformed"


def test_regions_found_by_the_daemon_are_told_and_painted(client):
    job = client.start("paint", picture=plane(client), style=QUICK, strokes=60, find="unsupervised", layers="regions")
    heard = done(client, job)
    names = [region["name"] for header in heard if header["event"] == "regions" for region in header["found"]]
    started = next(header for header in heard if header["event"] == "started")
    assert names and started["regions"] == names
    assert {layer["group"] for layer in heard[-1]["layers"]} <= {None, *names}


def test_segment_gives_masks_that_sum_to_one(client):
    job = client.start("segment", picture=plane(client), size=64)
    last = done(client, job)[-1]
    masks = fetched(client, job, "regions.raw8", len(last["found"]), last["height"], last["width"])
    assert (masks.sum(0, dtype=int) == 255).all() and max(last["height"], last["width"]) == 64


def test_repaint_and_render(client, tmp_path):
    first = client.start("paint", picture=plane(client), style=QUICK, strokes=40)
    old = bytes(client.fetch(first, "result.impasto", done(client, first)[-1]["painting"]))
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[10:40, 20:60] = 255
    job = client.start(
        "repaint", painting=client.put(old), picture=plane(client), style=QUICK, strokes=30, seed=3,
        mask={"plane": client.put(mask.tobytes()), "width": WIDTH, "height": HEIGHT, "count": 1},
    )  # fmt: skip
    last = done(client, job)[-1]
    before, after = (fetched(client, j, "pixels.rgba", HEIGHT, WIDTH, 4) for j in (first, job))
    assert np.array_equal(before[mask == 0], after[mask == 0]) and not np.array_equal(before, after)
    new = bytes(client.fetch(job, "result.impasto", last["painting"]))
    larger = client.start("render", painting=client.put(new), width=2 * WIDTH, height=2 * HEIGHT)
    done(client, larger)
    (tmp_path / "new.impasto").write_bytes(new)
    painting = Painting.load(tmp_path / "new.impasto")
    expected = painting.render(2 * HEIGHT, 2 * WIDTH)
    assert np.array_equal(fetched(client, larger, "pixels.rgba", 2 * HEIGHT, 2 * WIDTH, 4), expected)


def test_a_selection_is_painted_alone(client):
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[10:40, 20:60] = 255
    described = {"plane": client.put(mask.tobytes()), "width": WIDTH, "height": HEIGHT, "count": 1}
    job = client.start("paint", picture=plane(client), style=QUICK, strokes=40, selection=described)
    done(client, job)
    alpha = fetched(client, job, "pixels.rgba", HEIGHT, WIDTH, 4)[..., 3]
    assert not alpha[mask == 0].any() and alpha[mask == 255].min() == 255


def halves(client, **more):
    """Two planes, left and right; and what is laid over them."""
    masks = np.zeros((2, HEIGHT, WIDTH), np.uint8)
    masks[0, :, : WIDTH // 2], masks[1, :, WIDTH // 2 :] = 255, 255
    over = [masks[0] * 0 for _ in range(more.get("over", 0))]
    for mask in over:
        mask[: HEIGHT // 2] = 255
    planes = np.stack([*masks, *over])
    return {"plane": client.put(planes.tobytes()), "width": WIDTH, "height": HEIGHT, "count": len(planes), **more}


def test_regions_of_merged_planes_with_one_over_them_and_one_skipped(client):
    regions = [{"name": "below", "planes": [1, 0]}, {"name": "top", "planes": [2], "skip": True}]
    job = client.start(
        "paint", picture=plane(client), style=QUICK, strokes=40, regions=regions, masks=halves(client, over=1),
        layers="regions",
    )  # fmt: skip
    heard = done(client, job)
    started = next(header for header in heard if header["event"] == "started")
    assert started["regions"] == ["below"]
    alpha = fetched(client, job, "pixels.rgba", HEIGHT, WIDTH, 4)[..., 3]
    middle = HEIGHT // 2
    assert not alpha[: middle - 2].any() and alpha[middle + 2 :].min() == 255


@pytest.mark.parametrize(
    ("regions", "names"),
    [
        ([{"name": "a"}, {"name": "b"}], ["a", "b"]),
        ([{"name": "b", "planes": [1]}], ["rest", "b"]),
        ([{"name": "b", "planes": [1]}, {"name": "others", "planes": []}], ["b", "others"]),
    ],
)
@pytest.mark.parametrize("over", [0, 2])
def test_what_no_region_has_is_the_rest(client, regions, names, over):
    masks = halves(client) | {"over": over}
    job = client.start("paint", picture=plane(client), style=QUICK, strokes=40, regions=regions, masks=masks)
    started = next(header for header in done(client, job) if header["event"] == "started")
    assert started["regions"] == names


def hostile(**changes):
    regions = [{"name": "a"}, {"name": "b"}]
    return {"regions": changes.pop("regions", regions), "masks": changes}


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        (hostile(over=3), "3 masks cannot lie over others, there are 2"),
        (hostile(regions=[{"name": "a"}, {"name": "b", "planes": [2]}]), "b has the mask 2, and there are 2"),
        (hostile(regions=[{"name": "a"}, {"name": "b", "planes": [0]}]), "the mask 0 is in two regions"),
        (hostile(regions=[{"name": "a"}, {"name": "b", "planes": [1, 1]}]), "the mask 1 is in two regions"),
        (hostile(regions=[{"name": n, "planes": []} for n in "ab"]), "two regions, a and b, have no masks"),
        (hostile(regions=[{"name": n} for n in "abc"]), "c has the mask 2, and there are 2"),
        (hostile(regions=[{"name": "a"}, {"name": "a", "planes": [1]}]), "come twice"),
        (hostile(regions=[{"name": "a=b"}]), "is no name for a region"),
        (hostile(regions=[{"name": n, "skip": True} for n in "ab"]), "no region is left"),
        (hostile(regions=[]), "send a mask for each region"),
        (hostile(over=1), "do not sum to 255"),
        (hostile(width=HEIGHT, height=WIDTH), "masks of its aspect"),
    ],
)
def test_regions_that_cannot_be_are_refused(client, fields, sentence):
    fields["masks"] = halves(client) | fields["masks"]
    job = client.start("paint", picture=plane(client), style=QUICK, strokes=40, **fields)
    last = [header for header, _ in client.events(job)][-1]
    assert last["event"] == "failed" and last["code"] == "refused" and sentence in last["sentence"], last
    client.ask("forget", job=job)


def test_previews_make_up_the_picture(client):
    job = begin(client)  # two seconds, and no preview
    assert not [h for h, _ in client.events(job) if h["event"] == "preview"]
    style = STYLE.model_copy(update={"finish": 4000}).model_dump(mode="json")  # some seconds
    job = client.start("paint", picture=plane(client), style=style, strokes=60, preview=True)
    canvas, times = np.zeros((HEIGHT, WIDTH, 4), np.uint8), []
    for header, frames in client.events(job):
        if header["event"] == "preview":
            part = np.frombuffer(b"".join(frames), np.uint8).reshape(header["height"], header["width"], 4)
            canvas[header["y"] : header["y"] + header["height"], header["x"] : header["x"] + header["width"]] = part
            times.append(time.monotonic())
    whole = fetched(client, job, "pixels.rgba", HEIGHT, WIDTH, 4)
    assert len(times) >= 2 and np.abs(canvas.astype(int) - whole).mean() < 8


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"style": {"name": "x"}}, "passes"),
        ({"style": QUICK, "strokes": 1}, "1 strokes cannot be painted"),
        ({"style": QUICK, "regions": [{"name": "a"}]}, "send a mask for each region"),
        ({"style": QUICK, "find": "panoptic", "model": "nowhere/at-all"}, "nowhere"),
    ],
    ids=["style", "strokes", "regions", "model"],
)
def test_jobs_that_cannot_be_fail_with_a_sentence(client, fields, sentence):
    job = client.start("paint", picture=plane(client), **{"strokes": 40, **fields})
    last = [header for header, _ in client.events(job)][-1]
    assert last["event"] == "failed" and last["code"] == "refused" and sentence in last["sentence"]
    client.ask("forget", job=job)


def test_planes_are_checked_before_a_job_is_accepted(client):
    small = plane(client)
    with pytest.raises(ProtocolError, match=f"{3 * WIDTH * HEIGHT} bytes instead of {3 * WIDTH * (HEIGHT + 1)}"):
        client.start("paint", picture=small | {"height": HEIGHT + 1}, style=QUICK)
    with pytest.raises(ProtocolError, match="has not come wholly"):
        client.start("paint", picture=small | {"plane": "nowhere"}, style=QUICK)
    assert client.ask("list")["jobs"] is not None


def test_cancelling_takes_no_time_to_speak_of(client):
    """No limit is set here, but for the hang it would be; `benchmarks/daemon.py` measures it."""
    job = begin(client)
    for header, _ in client.events(job):
        if header["event"] == "progress":
            break
    started = time.monotonic()
    client.ask("cancel", job=job)
    last = [header for header, _ in client.events(job)][-1]
    assert last["event"] == "cancelled" and last["strokes"] > 0 and time.monotonic() - started < 30


def test_a_broken_painting_is_refused_without_a_word_on_where_it_lies(client):
    job = client.start("render", painting=client.put(b"PK no painting"), width=40, height=30)
    last = [header for header, _ in client.events(job)][-1]
    assert (last["event"], last["code"]) == ("failed", "refused")
    assert last["sentence"].startswith("the painting that was sent is not an Impasto painting")
    assert "/" not in last["sentence"] and "raw" not in last["sentence"]


def test_what_knows_no_half_way_can_be_cancelled_too(client):
    """Rendering a large picture is ended with its worker, and the next job finds a new one."""
    first = client.start("paint", picture=plane(client), style=QUICK, strokes=40)
    data = bytes(client.fetch(first, "result.impasto", done(client, first)[-1]["painting"]))
    job = client.start("render", painting=client.put(data), width=16000, height=12000, layers="passes")
    for header, _ in client.events(job):
        if header["event"] == "begun":
            break
    client.ask("cancel", job=job)
    last = [header for header, _ in client.events(job)][-1]
    assert last["event"] == "cancelled"
    done(client, client.start("paint", picture=plane(client), style=QUICK, strokes=40))
