"""A style that is like a picture in what a network sees of it, too."""

from __future__ import annotations

from impasto.engine.painter.seeing.networks import lite0
from impasto.engine.pictures.io import Picture
from impasto.engine.styles import Style, changed_style
from impasto.engine.styles.example import style_from
from impasto.engine.styles.gram import packed
from impasto.engine.styles.style import Learning


def style_like(
    picture: Picture, name: str, *, strength: float = 1.0, texture: float = 0.0, base: Style | None = None
) -> Style:
    """A style that paints as a picture is painted, as `engine.styles.example.style_from` makes it, with its texture.

    Raises ImpastoError for all that this and `with_texture` refuse.
    """
    return with_texture(style_from(picture, name, strength=strength, base=base), picture, texture)


def with_texture(style: Style, picture: Picture, weight: float) -> Style:
    """The style with the texture of a picture, at a weight, 0..10; its finish will go for it.

    Raises ImpastoError if torch or the network is not installed, with what brings it.
    """
    if weight <= 0:
        return style
    network = lite0()
    import torch

    from impasto.engine.painter.seeing.texture import SIDE, products
    from impasto.engine.segment.features import one_thread

    shrunk = min(1.0, SIDE / max(picture.height, picture.width))
    height, width = (max(1, round(side * shrunk)) for side in (picture.height, picture.width))
    rgb, alpha = picture.resampled(height, width)
    planes = [torch.from_numpy(each.copy())[None] for each in (rgb.transpose(2, 0, 1), alpha[None])]
    with one_thread(), torch.no_grad():
        grams = [each.numpy() for each in products(planes[0], planes[1], network.features)]
    example = "[" + ", ".join(f'"{piece}"' for piece in packed(grams)) + "]"
    changes = [f"loss.texture={weight}", f"loss.example={example}"]
    if style.learning.colour == 0:  # a texture is one of colours, too
        changes.append(f"learning.colour={Learning().colour}")
    return changed_style(style, changes)
