"""Previews of a painting that is being painted: at once on the CPU, beside the painting on a GPU."""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any

import numpy as np

from impasto.engine.painting.painting import Painting
from impasto.engine.raster.devices import lacks_memory
from impasto.engine.shapes import Pixels


class Previews:
    """Renders paintings at a size. On a GPU by another thread on a stream of its own, so that painting goes on."""

    def __init__(self, height: int, width: int, threads: int | None, device: str) -> None:
        self._size, self._threads, self._device = (height, width), threads, device
        # Triton's interpreter can do one thing at a time
        self._beside = device != "cpu" and os.environ.get("TRITON_INTERPRET") != "1"
        self._pool: ThreadPoolExecutor | None = None
        self._asked: Future[np.ndarray | None] | None = None
        self._stream: Any = None

    def ask(self, painting: Painting) -> None:
        """Render this painting, which must not change any more, unless another one is still being rendered."""
        if self._asked is not None:
            return
        if self._beside:
            self._pool = self._pool or ThreadPoolExecutor(1, thread_name_prefix="impasto-preview")
            self._asked = self._pool.submit(self._rendered, painting)
        else:
            self._asked = Future()
            self._asked.set_result(self._rendered(painting))

    def taken(self) -> Pixels | None:
        """The pixels (height, width, 4) uint8 asked for, as soon as they are there, once."""
        if self._asked is None or not self._asked.done():
            return None
        done, self._asked = self._asked, None
        return done.result()

    def close(self) -> None:
        """Wait for what is being rendered, and forget it."""
        if self._pool is not None:
            self._pool.shutdown()
        self._pool = self._asked = None

    def _rendered(self, painting: Painting) -> np.ndarray | None:
        try:
            with self._beside_painting():
                return painting.render(*self._size, threads=self._threads, device=self._device, draft=True)
        except Exception as error:
            if self._device != "cpu" and lacks_memory(error):
                return None  # rather no preview than no painting
            raise

    def _beside_painting(self) -> Any:
        if not self._beside:
            return nullcontext()
        import torch

        if self._stream is None:
            self._stream = torch.cuda.Stream()
        return torch.cuda.stream(self._stream)
