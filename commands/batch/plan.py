"""What a batch comes to: each picture with its settings, its outputs, and what tells it from all others."""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from impasto.commands import options
from impasto.commands.batch.ledger import Ledger
from impasto.commands.batch.photos import Photo
from impasto.commands.batch.picture import PictureTask, files_of, outputs_of, paint_picture
from impasto.commands.batch.rows import Rows, SettingsRow, merged
from impasto.commands.extras import Extras
from impasto.commands.outputs import SUFFIX
from impasto.commands.wish import DEFAULT_STYLE, Styled, styled, wish_of
from impasto.commands.wording import check_words
from impasto.engine.errors import ImpastoError

if TYPE_CHECKING:
    from impasto.engine.many.task import PaintTask

NETWORKS = 900 << 20  # bytes that finding regions by a network takes besides
UNKNOWN = 24_000_000  # pixels of a photo whose size only its decoder knows
_ONLY_HOW = {"threads": None, "quiet": True, "as_json": False, "force": False, "engine": "local", "engine_key": None}


@dataclass(frozen=True)
class BatchOutputs:
    """Where a batch writes, and what of each picture. suffix: of the picture itself, None for none."""

    folder: Path
    suffix: str | None
    save: bool = False
    layers: bool = False
    process: bool = False
    distribution: bool = False

    def named(self, name: Path) -> dict[str, Any]:
        """BatchOutputs of the picture of this name, as options of `paint` have them."""

        def beside(ending: str, wanted: bool) -> Path | None:
            return name.with_name(name.name + ending) if wanted else None

        return {
            "out": None if self.suffix is None else name.with_name(name.name + self.suffix),
            "save": beside(SUFFIX, self.save),
            "layers": beside("-layers", self.layers),
            "process": beside("-process", self.process),
            "distribution": beside("-strokes.png", self.distribution),
        }


@dataclass(frozen=True)
class Batch:
    """What the command line says of all pictures: options of `paint`, by their names. styles: one picture of each."""

    given: dict[str, Any]
    rows: Rows
    outputs: BatchOutputs
    force: bool = False
    _known: dict[tuple[str, ...], list[tuple[str, Styled]]] = field(default_factory=dict)

    def pictures(self, photos: Iterable[Photo]) -> Iterator["Planned"]:
        """All pictures, photo by photo. Raises ImpastoError for settings that are none."""
        taken = dict[str, Path]()
        for photo in photos:
            rows = self.rows.of(photo.path)
            given, own = merged(self.given, rows)
            variants = self._variants(given, rows)
            for style, kind in variants:
                inner = photo.inner if own is None else photo.inner.with_name(own)
                name = inner.with_name(f"{inner.name}-{_word(style)}") if len(variants) > 1 else inner
                first = taken.setdefault(str(name).casefold(), photo.path)
                if first is not photo.path:
                    raise ImpastoError(f"{first} and {photo.path} would both be called {name}; rename one")
                yield Planned(photo.path, name, kind, self.outputs)

    def _variants(self, given: dict[str, Any], rows: list[SettingsRow]) -> list[tuple[str, Styled]]:
        """The styles that a photo is painted in, worked out once for all that are painted alike."""
        alike = tuple(row.where for row in rows)
        if alike not in self._known:
            names = [None] if given["style"] is None else [name.strip() for name in given["style"].split(",")]
            if "" in names or len(set(names)) < len(names):
                raise ImpastoError(f"--style {given['style']} names one twice, or none; part them by single commas")
            words = [_word(name or DEFAULT_STYLE) for name in names]
            if len(set(words)) < len(words):
                raise ImpastoError(f"two of {given['style']} have one name; rename one")
            self._known[alike] = [(name or DEFAULT_STYLE, self._styled(given, name)) for name in names]
        return self._known[alike]

    def _styled(self, given: dict[str, Any], style: str | None) -> Styled:
        more = {"photo": Path(), "resume": None, "preview": None, "preview_every": 1.0, "style": style}
        wish = wish_of({**given, **more, **_ONLY_HOW, **self.outputs.named(Path("picture"))})
        check_words(wish)
        wish.exports.check(wish.out)
        wish.example.check(wish.style)
        return styled(wish)


@dataclass(frozen=True)
class Planned:
    """One picture. name: what it is called, with folders and without a suffix."""

    photo: Path
    name: Path
    kind: Styled
    outputs: BatchOutputs

    @property
    def styled(self) -> Styled:
        """Its wish."""
        named = self.outputs.named(self.name)
        out, save = named.pop("out"), named.pop("save")
        return replace(
            self.kind, wish=replace(self.kind.wish, photo=self.photo, out=out, save=save, extras=Extras(**named))
        )

    @property
    def label(self) -> str:
        """What its paintings are called."""
        return self.name.as_posix()

    def key(self) -> str:
        """Tells it from all that are painted from other files, in other ways or under other names."""
        own = self.styled
        said = [
            repr(replace(own.wish, photo=Path())), own.style.model_dump_json(), own.everywhere,
            [[path.name, *_stamp(path)] for path in files_of(own)],
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(said).encode("utf-8", "surrogatepass")).hexdigest()[:32]

    def clash(self, key: str, ledger: Ledger, force: bool) -> Path | None:
        """An output that is there and may not be replaced, if there is one."""
        if force:
            return None
        for path in outputs_of(self.styled):
            there = self.outputs.folder / path
            if os.path.lexists(there) and not ledger.may_replace(path.as_posix(), key):
                return there
        return None

    def task(self, key: str, thumb: bool) -> "PaintTask":
        """What has to be done."""
        from impasto.engine.many.task import PaintTask

        own = self.styled
        task = PictureTask(own, self.outputs.folder, thumb)
        return PaintTask(self.label, key, paint_picture, task, files_of(own), lambda: needs_of(own))


def needs_of(own: Styled) -> int:
    """About how many bytes painting it takes."""
    from impasto.engine.painter.needs import needed

    wish = own.wish
    width, height = _size(wish.photo)
    if wish.size is not None:
        large = options.output_size(width, height, wish.size)
        width, height = max(width, large[0]), max(height, large[1])
    found = wish.regions.method not in ("none", "masks") or bool(wish.example.texture) or wish.guide
    return needed(width, height, wish.working_size) + (NETWORKS if found else 0)


def _size(photo: Path) -> tuple[int, int]:
    """Width and height, as far as the file's beginning tells; what is none is found out by whoever paints it."""
    from PIL import Image

    from impasto.engine.files import open_input

    try:
        with open_input(photo) as stream, Image.open(stream) as image:
            return image.size
    except Exception:  # Pillow raises anything for a damaged file
        side = int(UNKNOWN**0.5)
        return side, side


def _stamp(path: Path) -> tuple[int, int]:
    try:
        info = path.stat()
    except OSError:
        return 0, 0
    return info.st_size, info.st_mtime_ns


def _word(style: str) -> str:
    """A style's name within a file's."""
    return Path(style).stem if "/" in style or "\\" in style or "." in style else style
