"""The next frame of an animation as a job: painted from the last one's painting, so that it does not flicker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from impasto.engine.daemon.pixels_in import bytes_of, picture_of
from impasto.engine.daemon.tasks import Tell, keep_painting, sent
from impasto.engine.errors import ImpastoError
from impasto.engine.motion.areas import carried_areas
from impasto.engine.motion.films import is_cut, seen_on
from impasto.engine.motion.flow import Motion
from impasto.engine.motion.follower import Follower, Present
from impasto.engine.motion.memory import MOST_BYTES, packed, unpacked
from impasto.engine.painter.beginning import styles_in
from impasto.engine.painting.archive import one_sentence
from impasto.engine.painting.painting import Painting
from impasto.engine.pictures.io import Picture

SENT, MEMORY = "memory.raw", "memory.npz"  # of the frame before, and of this one


def follow(folder: Path, fields: dict[str, Any], threads: int | None, tell: Tell) -> dict[str, Any]:
    """Paint a frame; returns the facts of the result. At a cut nothing is painted, and they say so."""
    before, picture = (picture_of(fields[name], folder / f"{name}.raw") for name in ("before", "picture"))
    painting = sent(folder / "painting.raw")
    _check(painting, before, picture)
    side = fields["working_size"]
    seen = [seen_on(each, side) for each in (before, picture)]
    flow = Motion.between(seen[0], seen[1], threads)
    if is_cut(seen[0], seen[1], flow):
        return {"cut": True}
    follower = Follower(
        tuple(styles_in(painting)), seed=fields["seed"], working_size=side, effort=fields["effort"], threads=threads
    )
    present = _present(folder, fields, painting) or follower.begin(painting, before)
    regions = None if painting.regions is None else carried_areas(painting.regions, flow)
    present = follower.next(present, picture, flow, regions)
    memory = packed(present)
    (folder / MEMORY).write_bytes(memory)
    facts = keep_painting(folder, present.painting, {"layers": "none"}, threads, tell)
    return {"cut": False, "memory": len(memory), **facts}


def _check(painting: Painting, before: Picture, picture: Picture) -> None:
    """Raises ImpastoError for what no frame can be painted from."""
    if (before.height, before.width) != (picture.height, picture.width):
        raise ImpastoError("the pictures of an animation are of one size; send them so")
    if (painting.height, painting.width) != (picture.height, picture.width):
        raise ImpastoError("the painting is of another size than the picture; send the one of the frame before")
    if painting.absorbs or any(style.has_lines for style in styles_in(painting)):
        raise ImpastoError(
            "strokes that let the paper through, and lines, cannot be carried from frame to frame; choose a style that "
            "covers"
        )


def _present(folder: Path, fields: dict[str, Any], painting: Painting) -> Present | None:
    """What the frame before has left, if it was sent."""
    if fields["memory"] is None:
        return None
    which = "send that of the frame before, or none"
    data = bytes_of(folder / SENT, MOST_BYTES, f"the memory that was sent is larger than any; {which}")
    with one_sentence(Path("the memory that was sent"), f"is damaged ({{reason}}); {which}"):
        return unpacked(data, lambda _: painting)[0]
