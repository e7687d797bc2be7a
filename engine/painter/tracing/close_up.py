"""Faces drawn again from near by: what is small and matters is enlarged, drawn finer, and put back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from impasto.engine.errors import ImpastoError
from impasto.engine.painter.tracing.fields import LUMA, Fields, blurred
from impasto.engine.painter.tracing.lines import Lines
from impasto.engine.pictures.io import Picture
from impasto.engine.pictures.resize import resized
from impasto.engine.styles.tracing import Trace

f4 = np.float32
HAND = 1000  # pixels of what is a canvas unit to the hand, in a close-up
FINER, FACE = 0.5, 0.2  # how fine a face is drawn that is this large, canvas units; larger ones less so,
SMALLEST, LARGEST = 0.45, 1.8  # and smaller ones more, within limits
CLEARER = 1.0  # how much faces' contrast is raised where it is small
SURE = 0.6  # a wrist was found with .55
ROOM = 1.25  # of a face, how much is looked at
INSIDE, OUTSIDE = 0.35, 0.75  # of a face's mask: from where on it is drawn again, and where no other lines go


@dataclass(frozen=True, eq=False)
class CloseUp:
    """A part of the picture that is drawn by itself: enlarged, and where it is in the picture (H, W) 0..1."""

    fields: Fields
    mask: np.ndarray

    def within(self, inside: np.ndarray) -> Fields:
        """What is to be drawn of it, if lines may only be where a plane (H, W) of the whole picture is True."""
        height, width = self.fields.shape
        left, top = self.fields.origin
        whole = max(inside.shape)
        right, bottom = left + width / self.fields.scale, top + height / self.fields.scale
        own = ((self.mask > INSIDE) & inside).astype(np.uint8) * np.uint8(255)
        box = (left * whole, top * whole, min(right * whole, inside.shape[1]), min(bottom * whole, inside.shape[0]))
        return self.fields.within(resized(own, height, width, box) > 127)


def finer(trace: Trace, by: float) -> Trace:
    """How lines are drawn in a close-up that is finer by a factor."""
    below = min(trace.below * (1.1 if trace.what == "hatching" else 0.6), 1.0)
    return trace.model_copy(
        update={"spacing": trace.spacing * by, "length": trace.length * (0.2 + 0.8 * by), "below": below}
    )


def thinner(radius: float, by: float) -> float:
    """How wide they are there."""
    return radius * (0.35 + 0.65 * by)


def faces_of(picture: Picture) -> list:
    """The faces in a picture; none if there is nothing to find them with."""
    from impasto.engine.segment.faces import ANALYSED, find_faces

    shrunk = min(1.0, ANALYSED / max(picture.height, picture.width))
    rgb, _ = picture.resampled(max(1, round(picture.height * shrunk)), max(1, round(picture.width * shrunk)))
    try:
        return [face for face in find_faces(rgb) if face.confidence > SURE]
    except ImpastoError:
        return []


def close_ups(picture: Picture, shape: tuple[int, int], tones: tuple[float, float], seed: int) -> list[CloseUp]:
    """What of a picture is drawn again from near by. shape: of the plane that all of it is drawn on.

    tones: of the whole picture, that the close-up's own are brought near to.
    """
    found = []
    longest = max(picture.height, picture.width)
    for number, face in enumerate(faces_of(picture)):
        reach = ROOM * np.array([face.wide, face.tall])
        left, top = np.maximum(np.array([face.x, face.y]) - reach, 0)
        right, bottom = np.minimum(
            np.array([face.x, face.y]) + reach, np.array([picture.width, picture.height]) / longest
        )
        extent = float(max(right - left, bottom - top))
        by = FINER * min(max(extent / FACE, SMALLEST), LARGEST)
        scale = HAND / by
        height, width = max(8, round((bottom - top) * scale)), max(8, round((right - left) * scale))
        box = (float(left) * longest, float(top) * longest, float(right) * longest, float(bottom) * longest)
        rgb, _ = picture.resampled(height, width, box)
        place: dict[str, Any] = {
            "scale": scale,
            "seed": (seed, 1 + number),
            "origin": (float(left), float(top)),
            "finer": by,
        }
        rgb = _clearer(rgb, HAND)
        everywhere = np.ones((height, width), bool)
        own = Fields(rgb, everywhere, **place).tones
        blend = (0.5 * (own[0] + tones[0]), 0.5 * (own[1] + tones[1]))
        fields = Fields(rgb, everywhere, tones=blend, **place)
        found.append(CloseUp(fields, face.mask(*shape)))
    return found


def _clearer(rgb: np.ndarray, hand: float) -> np.ndarray:
    """Pixels (H, W, 3) in which what is small and dark, such as pupils and lips, stands out."""
    grey = np.ascontiguousarray(rgb @ LUMA, f4)
    return (rgb + CLEARER * (grey - blurred(grey, 0.025 * hand))[..., None]).clip(0, 1)


def around(inside: np.ndarray, closer: list[CloseUp]) -> np.ndarray:
    """Where all other lines may be."""
    for each in closer:
        inside = inside & (each.mask < OUTSIDE)
    return inside


def merged(parts: list[Lines]) -> Lines:
    """The lines of the whole and of the close-ups; the latter matter more."""
    first, *near = parts
    return Lines.joined([first, *(Lines(part.table, part.owner, 4 * part.worth) for part in near)])
