import os
from functools import partial
from types import SimpleNamespace

import pytest
import torch

import impasto.engine.raster
from impasto.engine.raster.cpu.raster import prepare_kernels

# Without a GPU Triton's interpreter stands in for it. It has to be told before anybody imports triton.
GPU = torch.cuda.is_available()
if not GPU:
    os.environ.setdefault("TRITON_INTERPRET", "1")

# Every backend has `render` and `gradient` as impasto.engine.raster defines them, and passes the same tests.
BACKENDS = {
    "cpu": impasto.engine.raster,
    "cuda": SimpleNamespace(
        render=partial(impasto.engine.raster.render, device="cuda"),
        gradient=partial(impasto.engine.raster.gradient, device="cuda"),
    ),
}

# The interpreter takes a second for what a GPU does in a microsecond: there, only these of a backend's tests are run.
INTERPRETED = {
    "test_values_are_the_references": (
        "cuda-straight-(1, 37)", "cuda-straight-(33, 9)", "cuda-realistic-(32, 8)", "cuda-bent-(31, 7)",
        "cuda-tapered-(19, 70)", "cuda-wild-(41, 1)",
    ),
    "test_straight_strokes_have_the_references_values_whatever_their_ends": ("cuda-4",),
    "test_without_strokes_there_is_the_background": ("cuda-(0.2, 0.9, 0.4, 0.5)-(9, 33)",),
    "test_later_strokes_lie_over_earlier_ones": ("cuda",),
    "test_straight_strokes_have_the_references_gradient": ("cuda-0-edge", "cuda-1-softer"),
    "test_opacity_that_changes_along_the_stroke_pulls_at_its_points": ("cuda-0", "cuda-3"),
    "test_what_is_covered_has_no_gradient": ("cuda",),
    "test_no_strokes_no_gradient": ("cuda",),
    "test_off_the_canvas_nothing_happens": ("cuda",),
    "test_clear_strokes_change_nothing_but_would": ("cuda",),
}  # fmt: skip


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if GPU:
        return
    left_out = [item for item in items if not _runs(item)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if _runs(item)]


def _runs(item: pytest.Item) -> bool:
    callspec = getattr(item, "callspec", None)
    if callspec is None or callspec.params.get("backend") != "cuda":
        return True
    return callspec.id in INTERPRETED.get(getattr(item, "originalname", ""), ())


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> object:
    if request.param == "cuda":
        pytest.importorskip("triton")
    return BACKENDS[request.param]


@pytest.fixture(scope="session", autouse=True)
def _quiet_machine() -> None:
    torch.set_num_threads(1)  # the reference works on small canvases, where torch's threads only wait for each other
    prepare_kernels()
