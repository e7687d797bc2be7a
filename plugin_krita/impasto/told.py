"""What tasks tell each other and the engine tells them: maps with the fields they have, each checked where it comes in.

protocol/README.md describes the engine's events; those of documents and notes follow the rules beside their readers.
"""

from __future__ import annotations

from typing import Any, Literal, TypedDict, Union

Changes = dict[str, Any]  # of a style's parameters, by path
LayerName = tuple[str | None, str]  # group, or none, and name


class OfferedStyle(TypedDict):
    """One that the engine knows, as `hello` lists it."""

    name: str
    description: str
    values: dict[str, Any]


class _Offered(TypedDict):
    name: str
    title: str


class OfferedMedium(_Offered, total=False):
    """One that the engine paints in: what it is called, the paths of settings that matter to it, and its sort."""

    about: str
    settings: list[str]
    absorbs: bool


class ResultLayer(TypedDict):
    """A layer of a result: its file at the engine, and where its pixels lie on the canvas."""

    file: str
    name: str
    group: str | None
    x: int
    y: int
    width: int
    height: int


class PassTold(TypedDict):
    """A pass begins."""

    event: Literal["pass"]
    index: int
    of: int


class ProgressTold(TypedDict):
    """How far a job is."""

    event: Literal["progress"]
    fraction: float
    seconds_left: float | None


class FittedTold(TypedDict):
    """It goes on smaller, or elsewhere."""

    event: Literal["fitted"]
    what: str


class PausedTold(TypedDict):
    """It was paused, or is to go on."""

    event: Literal["paused"]
    on: bool


class PreviewTold(TypedDict):
    """A part of the canvas as it is now; frames have its pixels."""

    event: Literal["preview"]
    x: int
    y: int
    width: int
    height: int
    canvas_width: int
    canvas_height: int


class BegunTold(TypedDict):
    """The engine has taken it up."""

    event: Literal["begun"]


class _Planned(TypedDict, total=False):
    regions: list[str] | None
    layers: list[ResultLayer]


class StartedTold(_Planned):
    """Painting begins: the regions, and the layers that there may be."""

    event: Literal["started"]


class DoneTold(TypedDict):
    """A painting is done: its layers, and the bytes of its `.impasto` file."""

    event: Literal["done"]
    layers: list[ResultLayer]
    width: int
    height: int
    strokes: int
    painting: int


class FollowedTold(DoneTold, total=False):
    """A frame is done: the bytes of what the next one goes on from; or it is of another scene, and there is no more."""

    cut: bool
    memory: int


JobTold = Union[PassTold, ProgressTold, FittedTold, PausedTold, PreviewTold, BegunTold, StartedTold, DoneTold]  # noqa: UP007, Python 3.8


class FoundRegion(TypedDict):
    """One that the engine has found."""

    name: str


class _Segmented(TypedDict):
    width: int
    height: int
    found: list[FoundRegion]


class SegmentedTold(_Segmented, total=False):
    """Regions are found: as many planes of this size."""

    warnings: list[str]


class InterestTold(TypedDict):
    """It is known where the picture is looked at: the size of the map; found: does anything stand out?"""

    width: int
    height: int
    found: bool


class _Styled(TypedDict):
    style: OfferedStyle


class StyledTold(_Styled, total=False):
    """There is a style for a picture, or for words; why: these were understood so."""

    why: str


class KeptPlane(TypedDict):
    """A plane of regions as a document names it."""

    id: str
    over: bool


class KeptRegion(TypedDict):
    """A region as a document keeps it; planes: their ids."""

    name: str
    planes: list[str]
    rest: bool
    visible: bool
    style: str | None
    medium: str | None
    detail: float
    more: Changes


class KeptRegions(TypedDict):
    """The list of regions that a document keeps; see `kept_regions.RULES`."""

    width: int
    height: int
    across: int
    down: int
    planes: list[KeptPlane]
    base: list[str]
    entries: list[KeptRegion]


class PaintRecipe(TypedDict):
    """What a painting was made from and how, as a document remembers it; see `history.RECIPE`."""

    source: str
    node: str
    visible: bool
    style: str
    values: dict[str, Any]
    settings: dict[str, Any]
    layers: str
    strokes: int
    width: int
    height: int
    group: str
    date: int


class JobNote(TypedDict):
    """A painting that goes on without this Krita, as it is noted on disk; see `resume.NOTE`."""

    job: str
    kind: Literal["paint", "repaint"]
    region: str
    above: str
    file: str
    name: str
    recipe: PaintRecipe
    planned: list[list[str]]
    mask: str
    parts: list[str]


class _Held(TypedDict):
    handle: str
    regions: list[str]
    passes: list[int]


class HeldTold(_Held, total=False):
    """What the engine says of a painting that it holds; layers: by the kinds of layers that may be asked for."""

    layers: dict[str, list[ResultLayer]]
