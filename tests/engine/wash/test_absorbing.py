"""Paintings in media that let the paper through: kept, refused where they meet others, and shown otherwise."""

from dataclasses import replace

import numpy as np
import pytest
from washed_paintings import in_halves, painted

from impasto.engine.errors import ImpastoError
from impasto.engine.painting.look import with_look
from impasto.engine.painting.painting import Painting


def test_kept_and_loaded_it_looks_the_same(tmp_path):
    painting = in_halves("ink")
    painting.save(tmp_path / "ink.impasto")
    again = Painting.load(tmp_path / "ink.impasto")
    assert again.absorbs and (again.render(size=96) == painting.render(size=96)).all()


def test_media_that_cover_and_media_that_do_not_do_not_mix():
    painting = in_halves()
    assert painting.regions is not None
    infos = painting.regions.infos
    oil = infos[1].model_copy(update={"style": {"medium": {"kind": "oil"}}})
    with pytest.raises(ImpastoError, match="one painting cannot be in watercolour"):
        replace(painting, regions=replace(painting.regions, infos=(infos[0], oil)))
    pen = infos[1].model_copy(update={"style": {"medium": {"kind": "pen"}}})
    mixed = replace(painting, regions=replace(painting.regions, infos=(infos[0], pen)))
    assert np.ptp(mixed.render(size=64)[..., 0]) > 50
    with pytest.raises(ImpastoError, match="which covers it"):
        replace(painting, style={**painting.style, "passes": [{"medium": "flat"}, {"medium": "ink"}]}, regions=None)


def test_a_pass_of_pen_lines_over_washes():
    painting = painted()
    passes = [{"radius": 0.1}] * 4 + [{"radius": 0.003, "medium": "pen"}]
    drawn = replace(painting, style={**painting.style, "passes": passes})
    assert drawn.absorbs and np.abs(drawn.render(size=256) / 255 - painting.render(size=256) / 255).max() > 0.05


def test_what_was_painted_for_one_sort_is_not_shown_as_the_other():
    oil = replace(painted(), style={"medium": {"kind": "oil"}})
    for painting, kind in (
        (oil, "watercolour"),
        (oil, "pen"),
        (painted(), "oil"),
        (painted(), "flat"),
        (painted(), None),
    ):
        with pytest.raises(ImpastoError, match="paint it so instead"):
            with_look(painting, {"kind": kind}, {})
    assert with_look(painted(), {"kind": "ink"}, {}).absorbs
    assert with_look(painted(), {"rims": 2.0}, {}).style["medium"]["rims"] == 2.0
    assert with_look(oil, {"kind": "gouache"}, {}).is_textured
    with pytest.raises(ImpastoError, match="wetness"):
        with_look(painted(), {"wetness": 5.0}, {})


def test_a_draft_looks_like_the_picture():
    painting = painted(count=100).fitted()
    draft, shown = (painting.render(size=512, draft=draft)[..., :3] / 255 for draft in (True, False))
    assert np.abs(draft - shown).mean() < 0.02
