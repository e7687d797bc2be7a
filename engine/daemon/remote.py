"""A painter that has a daemon paint: the same order, the same events, the same painting to the bit."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from impasto.engine.errors import ImpastoError
from impasto.engine.order import Order
from impasto.engine.painter import events
from impasto.engine.painter.budget import RegionSettings, kept_masks
from impasto.engine.painting.painting import Painting
from impasto.engine.pictures.io import Picture
from impasto.protocol import ProtocolError
from impasto.protocol.client import Client
from impasto.protocol.session import PreviewCanvas

ASKED_EVERY = 0.1  # seconds between two looks at whether it was cancelled


class RemotePainter:
    """Carries out an order as `Order.painter` does, but has a daemon paint it.

    client: connected to it; previews: whether it is to send any; label: what it is to call the job.

    Raises ImpastoError for what the daemon refuses, for a repaint, which is not sent, and for an effort that the
    daemon is too old for.
    """

    def __init__(self, client: Client, order: Order, *, previews: bool = False, label: str = "") -> None:
        if order.mask is not None:
            raise ImpastoError("a repaint cannot be sent to another engine; paint it here")
        self._client = client
        effort = {} if order.effort == "normal" else {"effort": order.effort}  # a field that is refused where it is new
        if effort and not client.can("effort"):
            raise ImpastoError(
                f"the engine at {client.address} knows no effort but normal; update it, or paint without it"
            )
        if order.tip is not None and not client.can("tip"):
            raise ImpastoError(f"the engine at {client.address} knows no tips of brushes; update it, or paint without")
        if order.detail is not None and not client.can("detail"):
            raise ImpastoError(
                f"the engine at {client.address} knows no detail maps; update it, or paint without --detail-map"
            )
        if order.flow is not None and not client.can("flow"):
            raise ImpastoError(f"the engine at {client.address} knows no flow; update it, or paint without --flow")
        self.total = order.style.strokes if order.strokes is None else order.strokes
        try:
            self.job = client.start(
                "paint", style=order.style.model_dump(mode="json"), strokes=self.total, seed=order.seed,
                working_size=order.working_size, preview=previews, label=label, **effort,
                **self._described(order),
            )  # fmt: skip
        except ProtocolError as error:
            raise ImpastoError(str(error)) from error

    def paint(self, cancelled: Callable[[], bool] = lambda: False) -> Iterator[events.Event]:
        """What the daemon tells, as the painter's own events; once cancelled, Finished comes soon."""
        preview, asked = PreviewCanvas(), False
        while True:
            try:
                for header, frames in self._heard(cancelled):
                    if header is None:
                        if not asked:
                            asked = True
                            self._client.ask("cancel", job=self.job)
                        continue
                    event = self._event(header, frames, preview)
                    if isinstance(event, events.Finished):
                        self._client.ask("forget", job=self.job)
                        yield event
                        return
                    if event is not None:
                        yield event
            except KeyboardInterrupt:
                self._client.ask("cancel", job=self.job)
                raise
            except ProtocolError as error:
                raise ImpastoError(f"{error}; the job {self.job} goes on in the engine") from error

    def _heard(self, cancelled: Callable[[], bool]) -> Iterator[tuple[Any, Any]]:
        """The job's events, and (None, None) whenever it has been cancelled."""
        while True:
            if cancelled():
                yield None, None
            found = self._client.next_event(self.job, ASKED_EVERY)
            if found is not None:
                yield found

    def _described(self, order: Order) -> dict[str, Any]:
        """Picture, regions and an unfinished painting: what travels apart from the request."""
        picture, regions, settings = order.picture, order.regions, order.region_settings
        described: dict[str, Any] = {"picture": self._pixels(picture)}
        if order.flow is not None:
            described["flow"] = self._pixels(order.flow)
        if regions is not None:
            masks = kept_masks(regions)
            count, height, width = masks.shape
            described["masks"] = {"plane": self._put(masks), "width": width, "height": height, "count": count}
            described["regions"] = [
                _region(region.name, region.kind, settings.get(region.name, RegionSettings()))
                for region in regions.regions
            ]
        if order.detail is not None:
            height, width = order.detail.shape
            plane = {"width": width, "height": height, "count": 1}
            described["detail"] = {"plane": self._put(order.detail), **plane}
        if order.tip is not None:
            described["tip"] = {"plane": self._put(order.tip), "kind": "stroke"}
        if order.painting is not None:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "begun.impasto"
                order.painting.save(path)
                described["resume"] = self._client.put(path.read_bytes())
        return described

    def _pixels(self, picture: Picture) -> dict[str, Any]:
        """A picture that was put, as a request names it."""
        pixels = picture.rgb if picture.alpha is None else np.dstack([picture.rgb, picture.alpha])
        height, width, channels = pixels.shape
        plane = {"width": width, "height": height, "channels": channels, "depth": "u8", "stride": width * channels}
        return {"plane": self._put(pixels), **plane}

    def _put(self, pixels: np.ndarray) -> str:
        return self._client.put(np.ascontiguousarray(pixels).reshape(-1), packed=not self._client.is_local)

    def _event(self, header: dict[str, Any], frames: list[bytes], preview: PreviewCanvas) -> events.Event | None:
        kind = header["event"]
        if kind == "preview":
            pixels = np.frombuffer(preview.laid(header, frames), np.uint8)
            return events.Preview(pixels.reshape(preview.height, preview.width, 4))
        if kind == "failed":
            words = [str(header.get(name) or "") for name in ("sentence", "remedy")]
            raise ImpastoError("; ".join(filter(None, words)))
        if kind == "fitted":
            return events.Fitted(str(header.get("what", "")))
        if kind in ("done", "cancelled"):
            return self._finished(header, kind == "cancelled")
        told = {
            event.kind: event for event in (events.Started, events.PassStarted, events.StrokesAdded, events.Progress)
        }
        if kind not in told:
            return None
        names = [field.name for field in fields(told[kind])]
        values: dict[str, Any] = {name: header[name] for name in names if name in header}
        if "regions" in values:
            values["regions"] = tuple(values["regions"])
        if "loss" in values and values["loss"] is None:
            values["loss"] = float("nan")
        return told[kind](**values)

    def _finished(self, header: dict[str, Any], cancelled: bool) -> events.Finished:
        if "painting" not in header:
            raise ImpastoError("the job was cancelled before anything was painted")
        painting = fetched(self._client, self.job, header["painting"])
        loss = header["loss"]
        return events.Finished(
            painting, cancelled, header["strokes"], header["steps"], float("nan") if loss is None else loss,
            header["seconds"],
        )  # fmt: skip


def fetched(client: Client, job: str, size: int) -> Painting:
    """The painting of a job, a file of `size` bytes. Raises ProtocolError, and ImpastoError for what is no painting."""
    data = client.fetch(job, "result.impasto", size)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "result.impasto"
        path.write_bytes(data)
        return Painting.load(path)


def _region(name: str, kind: str, its: RegionSettings) -> dict[str, Any]:
    style = None if its.style is None else its.style.model_dump(mode="json")
    return {"name": name, "kind": kind, "style": style, "strokes": its.strokes, "detail": float(its.detail)}
