import numpy as np
import pytest

from impasto.engine.pictures.oklab import to_oklab
from impasto.engine.pictures.recolouring import LATTICE, ColourMap, even_colours


def _mixture(seed: int, *parts: tuple[str, float], spread: float = 0.03) -> np.ndarray:
    """Pixels (4000, 3) of some colours, in these shares, from shade to light."""
    rng = np.random.default_rng(seed)
    rgb = [np.array([int(name[k : k + 2], 16) for k in (1, 3, 5)]) / 255 for name, _ in parts]
    which = rng.choice(len(parts), 4000, p=[share for _, share in parts])
    shade = rng.uniform(0.45, 1.25, (4000, 1))
    return (np.array(rgb)[which] * shade + rng.normal(0, spread, (4000, 3))).clip(0, 1).astype(np.float32)


NIGHT = _mixture(1, ("#1d3f8c", 0.5), ("#d8b441", 0.2), ("#12203a", 0.2), ("#6d9a5e", 0.1))
FIELD = _mixture(2, ("#6f7a22", 0.45), ("#d06a16", 0.3), ("#e8dfc4", 0.25))
TABLE = _mixture(3, ("#c0281e", 0.3), ("#b08a64", 0.4), ("#e4e2de", 0.3))


def _recoloured(pixels: np.ndarray, ours: np.ndarray, theirs: np.ndarray, strength: float = 1.0) -> np.ndarray:
    found = ColourMap.between(even_colours(ours, 512), even_colours(theirs, 256), strength)
    return found(pixels.reshape(1, -1, 3))[0]


def _unlike(a: np.ndarray, b: np.ndarray) -> float:
    """How far the colours of a are spread unlike those of b: mean distance of quantiles along many axes of Oklab."""
    axes = np.random.default_rng(0).normal(size=(3, 40))
    axes /= np.linalg.norm(axes, axis=0)
    at = np.linspace(0.02, 0.98, 49)
    seen = [np.quantile(to_oklab(each) @ axes, at, axis=0) for each in (a, b)]
    return float(np.abs(seen[0] - seen[1]).mean())


@pytest.mark.parametrize("theirs", [NIGHT, FIELD], ids=["night", "field"])
def test_a_picture_gets_most_of_another_ones_colours(theirs: np.ndarray) -> None:
    before, after = _unlike(TABLE, theirs), _unlike(_recoloured(TABLE, TABLE, theirs), theirs)
    assert after < before / 2.5
    half = _unlike(_recoloured(TABLE, TABLE, theirs, 0.5), theirs)
    assert after < half < before


@pytest.mark.parametrize("theirs", [NIGHT, FIELD], ids=["night", "field"])
def test_what_is_of_one_colour_stays_so(theirs: np.ndarray) -> None:
    """A red saucer from shade to light: 18 % of all pixels, and nothing else is red."""
    shades = (np.linspace(0.4, 1.3, 120)[:, None] * np.array([[0xC0, 0x28, 0x1E]]) / 255).clip(0, 1)
    a, b = to_oklab(_recoloured(shades.astype(np.float32), TABLE, theirs))[:, 1:].T
    hues, chroma = np.unwrap(np.arctan2(b, a)), np.hypot(a, b)
    assert chroma.max() > 0.04  # it is of a colour at all
    assert np.ptp(np.degrees(hues[chroma > 0.4 * chroma.max()])) < 30


def test_light_stays_light() -> None:
    ramp = np.linspace(0, 1, 60)[:, None].repeat(3, 1).astype(np.float32)
    light = to_oklab(_recoloured(ramp, TABLE, NIGHT))[:, 0]
    assert (np.diff(light) > -0.002).all()


def test_strength_zero_and_its_own_colours_change_nothing() -> None:
    assert np.abs(_recoloured(TABLE, TABLE, NIGHT, 0.0) - TABLE).max() < 1e-6
    assert np.abs(_recoloured(TABLE, TABLE, TABLE) - TABLE).mean() < 0.02


def test_colours_that_stand_for_equally_many_pixels() -> None:
    pixels = np.repeat([[1.0, 0, 0], [0, 0, 1.0]], [300, 100], axis=0)
    red = (even_colours(pixels, 8)[:, 1] > 0).sum()
    assert red == 6
    assert len(even_colours(pixels[:1], 256)) == 256  # one pixel is enough
    assert ColourMap.between(even_colours(pixels, 8), even_colours(pixels, 4)).lattice.shape == (LATTICE,) * 3 + (3,)
