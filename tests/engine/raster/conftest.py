from types import ModuleType

import pytest
import torch

import engine.raster
from engine.raster.cpu import prepare_kernels

# Every backend has `render` and `gradient` as engine.raster defines them, and passes the same tests.
BACKENDS = {"cpu": engine.raster}


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> ModuleType:
    return BACKENDS[request.param]


@pytest.fixture(scope="session", autouse=True)
def _quiet_machine() -> None:
    torch.set_num_threads(1)  # the reference works on small canvases, where torch's threads only wait for each other
    prepare_kernels()
