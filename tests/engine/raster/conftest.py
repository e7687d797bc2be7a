import os
from functools import partial
from types import SimpleNamespace

import pytest
import torch

import impasto.engine.raster
from impasto.engine.raster.cpu.raster import prepare_kernels
from impasto.engine.raster.devices import raster_class

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


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "interpreted(when): a test of the CUDA backend that Triton's interpreter runs as well, in a second for what "
        "a GPU does in a microsecond; when: of its parameters, is this case small enough? (default: all are)",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if GPU:
        return
    left_out = [item for item in items if not _runs(item)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if _runs(item)]


def _runs(item: pytest.Item) -> bool:
    parameters = dict(getattr(getattr(item, "callspec", None), "params", {}))
    if parameters.pop("backend", None) != "cuda":
        return True
    mark = item.get_closest_marker("interpreted")
    return mark is not None and mark.kwargs.get("when", lambda **_: True)(**parameters)


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> object:
    if request.param == "cuda":
        pytest.importorskip("triton")
    return BACKENDS[request.param]


@pytest.fixture
def raster_type(backend: object) -> type:
    """The backend's raster, for what the functions do not offer."""
    return raster_class(next(name for name, one in BACKENDS.items() if one is backend))


@pytest.fixture(scope="session", autouse=True)
def _quiet_machine() -> None:
    torch.set_num_threads(1)  # the reference works on small canvases, where torch's threads only wait for each other
    prepare_kernels()
