"""Faces and eyes drawn again from near by: what is small and matters is enlarged, drawn finer, and put back."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from impasto.engine.errors import ImpastoError
from impasto.engine.painter.drawn_flow import DrawnFlow
from impasto.engine.painter.looking import Looked, faces_in, things_in
from impasto.engine.painter.tracing.fields import LUMA, Subject, blurred
from impasto.engine.painter.tracing.lines import Chains
from impasto.engine.pictures.io import Picture
from impasto.engine.pictures.resize import resized
from impasto.engine.segment.colours import seen
from impasto.engine.segment.eyes import LOOKED_AT, Eye, find_eyes
from impasto.engine.segment.faces import Face
from impasto.engine.styles.tracing import Trace

f4 = np.float32
HAND = 1000  # pixels of what is a canvas unit to the hand, in a close-up
FINER, FACE = 0.5, 0.2  # how fine a face is drawn that is this large, canvas units; larger ones less so,
SMALLEST, LARGEST = 0.45, 1.8  # and smaller ones more, within limits
CLEARER, CLEARER_EYES = 1.0, 0.5  # how much the contrast of what is small is raised, in faces and around eyes
OWN_TONES = 0.5  # how far a face goes from its darkest to its lightest, rather than the picture's
SURE = 0.6  # a wrist was found with .55
ROOM = 1.25  # of a face, how much is looked at
INSIDE, OUTSIDE = 0.35, 0.75  # of a face's mask: from where on it is drawn again, and where no other lines go


@dataclass(frozen=True, eq=False)
class CloseUp:
    """A part of the picture that is drawn by itself: enlarged, and where it is in the picture (H, W) 0..1."""

    fields: Subject
    mask: np.ndarray

    def within(self, inside: np.ndarray) -> Subject:
        """What is to be drawn of it, if lines may only be where a plane (H, W) of the whole picture is True."""
        height, width = self.fields.shape
        left, top = self.fields.origin
        whole = max(inside.shape)
        right, bottom = left + width / self.fields.scale, top + height / self.fields.scale
        own = ((self.mask > INSIDE) & inside).astype(np.uint8) * np.uint8(255)
        box = (left * whole, top * whole, min(right * whole, inside.shape[1]), min(bottom * whole, inside.shape[0]))
        return self.fields.within(resized(own, height, width, box) > 127)


def finer(trace: Trace, by: float) -> Trace:
    """How lines are drawn in a close-up that is finer by a factor: about as dark as elsewhere."""
    below = min(trace.below * (0.6 if trace.what == "contours" else 1.1), 1.0)
    spacing = trace.spacing * thinner(trace, by) * (1 if trace.what == "sticks" else 0.75)
    return trace.model_copy(update={"spacing": spacing, "length": trace.length * (0.2 + 0.8 * by), "below": below})


def thinner(trace: Trace, by: float) -> float:
    """How wide they are there, of their width elsewhere: what is thin already cannot become much thinner."""
    return by**0.75 if trace.what == "sticks" else 0.35 + 0.65 * by


@dataclass(frozen=True)
class Spot:
    """What is looked at closely: a face, or an animal's eye; its middle and half its extent, canvas units."""

    x: float
    y: float
    wide: float
    tall: float
    seen: Face | Eye


def spots(picture: Picture) -> list[Spot]:
    """Faces, and where there are none the eyes of animals; none of what there is nothing to find with."""
    looked = Looked(picture)
    with suppress(ImpastoError):
        faces = [face for face in faces_in(looked) if face.confidence > SURE]
        if faces:
            return [Spot(face.x, face.y, face.wide, face.tall, face) for face in faces]
    return [Spot(eye.x, eye.y, eye.radius, eye.radius, eye) for eye in _eyes(looked)]


def _eyes(looked: Looked) -> list[Eye]:
    """The eyes of animals that a network knows."""
    try:
        animals, _ = things_in(looked)
    except (ImportError, ImpastoError):  # the network is not there, or torch to read it
        return []
    return [eye for eye in find_eyes(seen(looked.picture, LOOKED_AT), animals) if eye.confidence > SURE]


def close_ups(
    picture: Picture, of: Sequence[Spot], shape: tuple[int, int], tones: tuple[float, float], seed: int
) -> list[CloseUp]:  # fmt: skip
    """What of a picture is drawn again from near by. shape: of the plane that all of it is drawn on.

    tones: of the whole picture, that the close-up's own are brought near to.
    """
    found: list[CloseUp] = []
    drawn = None if picture.flow is None else DrawnFlow(picture.flow)
    longest = max(picture.height, picture.width)
    for number, spot in enumerate(of):
        mask = spot.seen.mask(*shape)
        for other in found:
            mask = mask * (other.mask < INSIDE)
        left, top = max(spot.x - ROOM * spot.wide, 0.0), max(spot.y - ROOM * spot.tall, 0.0)
        right = min(spot.x + ROOM * spot.wide, picture.width / longest)
        bottom = min(spot.y + ROOM * spot.tall, picture.height / longest)
        by = FINER * min(max(max(right - left, bottom - top) / FACE, SMALLEST), LARGEST)
        scale = HAND / by
        height, width = max(8, round((bottom - top) * scale)), max(8, round((right - left) * scale))
        rgb, _ = picture.resampled(height, width, (left * longest, top * longest, right * longest, bottom * longest))
        is_face = isinstance(spot.seen, Face)
        rgb = _clearer(rgb, CLEARER if is_face else CLEARER_EYES)
        place: dict[str, Any] = {
            "scale": scale, "seed": (seed, 1 + number), "origin": (left, top), "finer": by, "drawn": drawn,
        }  # fmt: skip
        everywhere = np.ones((height, width), bool)
        own = Subject(rgb, everywhere, **place).tones
        share = OWN_TONES if is_face else 0.0  # what was taken for an eye and is none may at least be as it was
        blend = (tones[0] + share * (own[0] - tones[0]), tones[1] + share * (own[1] - tones[1]))
        found.append(CloseUp(Subject(rgb, everywhere, tones=blend, **place), mask))
    return found


def _clearer(rgb: np.ndarray, much: float) -> np.ndarray:
    """Pixels (H, W, 3) in which what is small and dark, such as pupils and lips, stands out."""
    grey = np.ascontiguousarray(rgb @ LUMA, f4)
    return (rgb + much * (grey - blurred(grey, 0.025 * HAND))[..., None]).clip(0, 1)


def around(inside: np.ndarray, closer: list[CloseUp]) -> np.ndarray:
    """Where all other lines may be."""
    for each in closer:
        inside = inside & (each.mask < OUTSIDE)
    return inside


def merged(parts: list[Chains]) -> Chains:
    """The lines of the whole and of the close-ups; the latter matter more."""
    first, *near = parts
    return Chains.joined([first, *(Chains(part.table, part.owner, 4 * part.worth) for part in near)])
