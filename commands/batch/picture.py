"""One picture of a batch: what is asked for, as it travels to whoever paints it, and what comes back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from impasto.commands.examples import ExampleWish
from impasto.commands.extras import Extras
from impasto.commands.wish import Styled, prepared
from impasto.engine.errors import ImpastoError

if TYPE_CHECKING:
    from impasto.engine.many.task import Place
    from impasto.engine.painting.painting import Painting

THUMB = 320  # pixels: longer side of a picture on a contact sheet
PAINTED = 0.9  # how much of the time painting takes; rendering and packing is the rest


@dataclass(frozen=True)
class PictureTask:
    """What is asked for.

    Attributes:
        styled: the wish, whose outputs are names alone: they are made in a task's own folder.
        out: the folder of the outputs, which sentences name instead.
        thumb: whether a small picture is to come back as well.
    """

    styled: Styled
    out: Path
    thumb: bool


@dataclass(frozen=True)
class PaintedPicture:
    """What comes back. files: what is in the outputs, by their names with "/" between folders."""

    files: Mapping[str, bytes]
    style: str
    strokes: int
    loss: float
    seconds: float
    warnings: tuple[str, ...]
    thumb: bytes | None


def paint_picture(task: PictureTask, place: "Place") -> PaintedPicture:
    """Paint it, and give its outputs back as bytes. Raises ImpastoError as `impasto paint` does."""
    try:
        return _painted(_moved(task.styled, place), task, place)
    except ImpastoError as error:
        raise ImpastoError(str(error).replace(str(place.scratch), str(task.out))) from error


def _painted(styled: Styled, task: PictureTask, place: "Place") -> PaintedPicture:
    from impasto.commands.extras import write_extras
    from impasto.engine.export import write_result
    from impasto.engine.painter.events import Finished, Fitted, Progress
    from impasto.engine.raster.devices import chosen

    wish, warnings = styled.wish, list[str]()
    ready = prepared(styled)
    order = replace(ready.order(warnings.append), threads=place.threads, device=chosen(wish.device)[0])
    done = None
    for event in order.painter().paint():
        if isinstance(event, Progress):
            place.tell(PAINTED * event.fraction)
        elif isinstance(event, Fitted):
            warnings.append(event.what)
        elif isinstance(event, Finished):
            done = event
    assert done is not None
    if wish.out is not None:
        write_result(
            done.painting, wish.out, ready.size[1], ready.size[0], quality=wish.quality, threads=place.threads,
            plot=wish.exports.plot, film=wish.exports.film,
            told=lambda part, of: place.tell(PAINTED + (1 - PAINTED) * part / of),
        )  # fmt: skip
    if wish.save is not None:
        done.painting.save(wish.save)
    if wish.extras:
        write_extras(done.painting, wish.extras, ready.size, threads=place.threads)
    files = {
        path.relative_to(place.scratch).as_posix(): path.read_bytes()
        for path in sorted(place.scratch.rglob("*"))
        if path.is_file()
    }
    thumb = _thumb(done.painting, place.threads) if task.thumb else None
    name = str(done.painting.style["name"])
    return PaintedPicture(files, name, done.strokes, done.loss, done.seconds, tuple(warnings), thumb)


def _thumb(painting: "Painting", threads: int) -> bytes:
    from io import BytesIO

    from PIL import Image

    from impasto.commands.options import output_size

    width, height = output_size(painting.width, painting.height, THUMB)
    with BytesIO() as stream:
        Image.fromarray(painting.render(height, width, threads=threads)).save(stream, "PNG")
        return stream.getvalue()


def files_of(styled: Styled) -> tuple[Path, ...]:
    """All files that painting it reads, besides those of Impasto's own."""
    found = dict[Path, None]()

    def note(path: Path) -> Path:
        found[path] = None
        return path

    wish = styled.wish
    look = replace(wish.look, tip=None, palette=None)  # what these files say is in the style, but for the tip's picture
    _changed(replace(wish, out=None, save=None, extras=Extras(), look=look, example=ExampleWish()), note, str)
    for text in _style_names(styled):
        if Path(text).is_file():
            note(Path(text))
    return tuple(found)


def _style_names(styled: Styled) -> list[str]:
    """Whatever names a style of a region, or a tip, and may be a file."""
    wish = styled.wish
    said = [settings for _, settings in wish.regions.region] + [settings for _, _, settings in wish.regions.mask]
    tips = [styled.style.medium.tip, styled.plain.medium.tip]
    return [name for name in (*(settings.get("style", "") for settings in said), *tips) if name]


def _moved(styled: Styled, place: "Place") -> Styled:
    """The same with the files that it reads where they lie here, and those that it writes in the task's own folder."""

    def named(text: str) -> str:
        if Path(text) in place.files:
            return str(place.path(Path(text)))
        for known, here in place.files.items():
            if known.is_absolute():  # of a tip, in a change of a style
                text = text.replace(str(known), str(here))
        return text

    def inside(path: Path | None) -> Path | None:
        if path is None:
            return None
        (place.scratch / path).parent.mkdir(parents=True, exist_ok=True)
        return place.scratch / path

    wish = styled.wish
    written = {
        "out": inside(wish.out),
        "save": inside(wish.save),
        "extras": Extras(**{field.name: inside(getattr(wish.extras, field.name)) for field in fields(Extras)}),
    }
    read = _changed(replace(wish, out=None, save=None, extras=Extras()), place.path, named)
    plain, style = (
        style.model_copy(update={"medium": style.medium.model_copy(update={"tip": named(style.medium.tip)})})
        for style in (styled.plain, styled.style)
    )
    everywhere = [named(change) for change in styled.everywhere]
    return Styled(replace(read, **written, threads=place.threads), plain, style, everywhere)


def _changed(value: Any, path: Callable[[Path], Path], text: Callable[[str], str]) -> Any:
    """A wish, or a part of one, with its paths and texts changed."""
    if isinstance(value, Path):
        return path(value)
    if isinstance(value, str):
        return text(value)
    if type(value) is tuple:
        return tuple(_changed(part, path, text) for part in value)
    if type(value) is dict:
        return {key: _changed(part, path, text) for key, part in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: _changed(getattr(value, f.name), path, text) for f in fields(value)})
    return value


def outputs_of(styled: Styled) -> tuple[Path, ...]:
    """What it writes, files and folders, by their names in the folder of the outputs."""
    wish = styled.wish
    said = (wish.out, wish.save, wish.extras.layers, wish.extras.process, wish.extras.distribution)
    return tuple(path for path in said if path is not None)
