"""A style as the artist's two sliders want it: a larger or smaller brush, a looser or tighter hand."""

from typing import Any

from annotated_types import Ge, Le
from pydantic import BaseModel

from impasto.engine.errors import ImpastoError
from impasto.engine.styles.style import Pass, Style

SMALLEST_BRUSH, LARGEST_BRUSH = 0.5, 2.0
TIGHTEST, LOOSEST = -1.0, 1.0


def varied(style: Style, brush: float = 1.0, looseness: float = 0.0) -> Style:
    """The style with its brush sizes multiplied, and a looser hand; 1 and 0 leave the style as it is.

    A larger brush is wider in every pass, and so are the limits of what strokes may become. A looser hand paints
    longer, more bent strokes that turn a little from what they should follow, and corrects them less; a tighter one
    shorter strokes that follow more closely.

    Raises ImpastoError if brush is not in .5..2, or looseness not in -1..1.
    """
    if not SMALLEST_BRUSH <= brush <= LARGEST_BRUSH:
        raise ImpastoError(f"brush {brush:g} is not from {SMALLEST_BRUSH:g} to {LARGEST_BRUSH:g}.")
    if not TIGHTEST <= looseness <= LOOSEST:
        raise ImpastoError(f"looseness {looseness:g} is not from {TIGHTEST:g} to {LOOSEST:g}.")
    if brush == 1 and looseness == 0:
        return style
    shape, learning, passes = style.shape, style.learning, style.passes
    shape = _scaled(shape, smallest=brush, largest=brush, width=brush)
    passes = tuple(_scaled(each, radius=brush) for each in passes)
    loose, fit = max(looseness, 0.0), 8.0**-looseness if looseness > 0 else 2.0**-looseness
    shape = _scaled(shape, aspect=1.8**looseness, taper=0.5**loose, flow_size=3.0**looseness, width=1.3**loose)
    shape = _moved(shape, curl=0.2 * loose, bend=0.2 * loose, angle=25 * loose)
    learning = _scaled(learning, position=fit, radius=fit, colour=fit, opacity=fit)
    steps = 0.4**loose * (1.5 if looseness < 0 else 1) ** -looseness
    passes = tuple(_scaled(each, iterations=steps) for each in passes)
    passes = tuple(_drawn(each, brush, looseness) for each in passes)
    style = _scaled(style, finish=steps)
    attention, colour = _scaled(style.attention, focus=0.7**loose), _moved(style.colour, jitter=0.02 * loose)
    changes = {"shape": shape, "learning": learning, "passes": passes, "attention": attention, "colour": colour}
    return style.model_copy(update=changes)


def _drawn(own: Pass, brush: float, looseness: float) -> Pass:
    """A pass whose lines, if it has any, lie as a hand draws them with such a pen."""
    if own.trace is None:
        return own
    trace = _scaled(own.trace, spacing=brush, length=brush**0.5 * 1.5**looseness, unrest=2.0**looseness)
    return own.model_copy(update={"trace": _scaled(trace, form=0.7 ** max(looseness, 0.0))})


def _scaled(part: Any, **factors: float) -> Any:
    """A part of a style with some of its values multiplied, within their ranges."""
    return _with(part, {name: getattr(part, name) * factor for name, factor in factors.items()})


def _moved(part: Any, **steps: float) -> Any:
    """A part of a style with something added to some of its values, within their ranges."""
    return _with(part, {name: getattr(part, name) + step for name, step in steps.items()})


def _with(part: BaseModel, values: dict[str, float]) -> Any:
    found: dict[str, Any] = {}
    for name, value in values.items():
        field = type(part).model_fields[name]
        for limit in field.metadata:
            if isinstance(limit, Ge):
                value = max(value, limit.ge)  # pyright: ignore[reportArgumentType]
            elif isinstance(limit, Le):
                value = min(value, limit.le)  # pyright: ignore[reportArgumentType]
        found[name] = round(value) if field.annotation is int else round(value, 6)
    return part.model_copy(update=found)
