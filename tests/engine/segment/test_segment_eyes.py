"""Eyes in parts: what makes a spot likelier to be one."""

import numpy as np
import pytest

from impasto.engine.segment import eyes


@pytest.mark.parametrize(
    ("y", "x", "times"), [(20, 20, 1.5), (17, 17, 1.5), (23, 23, 1.5), (17, 23, 1.5), (16, 20, 1), (20, 24, 1)]
)
def test_a_highlight_within_the_spot_makes_it_likelier(y: int, x: int, times: float) -> None:
    grey = np.full((40, 40), 0.2, np.float32)
    grey[y, x] = 0.2 + 1.1 * eyes._GLINT
    assert eyes._with_glint(grey, 20, 20, 4.0) == times  # looked for within 3 pixels
    grey[y, x] = 0.2 + 0.9 * eyes._GLINT
    assert eyes._with_glint(grey, 20, 20, 4.0) == 1
    corner = np.full((40, 40), 0.2, np.float32)
    corner[1, 1] = 1
    assert eyes._with_glint(corner, 0, 0, 4.0) == 1.5


def test_two_spots_make_a_pair_by_size_distance_and_level() -> None:
    def pair(dy: float, dx: float, other: float) -> float:
        return eyes._together(eyes._Spot(50, 50, 5, 1), eyes._Spot(50 + dy, 50 + dx, other, 1))

    assert pair(0, 30, 5) == 1 and pair(0, 30, 4) == pytest.approx(0.8) and pair(0, 30, 2.9) == 0
    assert pair(0, 14, 5) == 0 and pair(0, 71, 5) == 0
    assert pair(30, 40, 5) == pytest.approx(0.8) and pair(40, 29, 5) == 0
