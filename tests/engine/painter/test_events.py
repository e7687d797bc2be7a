"""Events: whatever happens can be told as strict JSON, without pixels and paintings."""

import json
from dataclasses import fields

import numpy as np
import pytest

from impasto.engine.painter import events
from impasto.engine.painting.painting import Painting
from impasto.engine.painting.strokes import Strokes

PAINTING = Painting(Strokes.empty(), 64, 48, {"name": "test"}, 0, (0.0, 0.0, 0.0, 1.0), 0.01, 0.5)
SAMPLES = [
    events.Preparing("preparing kernels, once"),
    events.Fitted("painted at 512 instead of 1024 pixels, since memory is short"),
    events.Started("öl „dick“", 100, 2**63 - 1, 64, 48, 3, resumed=True),
    events.PassStarted(1, 3, 40, 60, 16, 12),
    events.StrokesAdded(40, 3, 43),
    events.Progress(1, 3, 5, 60, 0.25, 0.1, 1.5, None),
    events.Progress(1, 3, 5, 60, 0.25, 0.1, 1.5, 13.5),
    events.Preview(np.zeros((48, 64, 4), np.uint8)),
    events.Checkpointed(PAINTING),
    events.Finished(PAINTING, False, 100, 380, 0.01, 12.0),
    events.Finished(PAINTING, True, 40, 0, float("nan"), 0.1),  # before the first step
]


def test_all_kinds_are_tried_and_each_has_a_name_of_its_own():
    kinds = set(events.Event.__subclasses__())
    assert {type(event) for event in SAMPLES} == {kind for kind in kinds if kind.__module__ == events.__name__}
    assert len({kind.kind for kind in kinds} - {events.Event.kind}) == len(kinds)


@pytest.mark.parametrize("event", SAMPLES, ids=lambda event: event.kind)
def test_an_event_is_strict_json(event):
    plain = event.as_json()
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert plain.pop("event") == event.kind
    left_out = {"pixels", "painting"}
    assert set(plain) == {field.name for field in fields(event)} - left_out
    for name, value in plain.items():
        given = getattr(event, name)
        assert value == (list(given) if isinstance(given, tuple) else given) or (value is None and np.isnan(given))
        assert type(value) in (str, int, float, bool, list, type(None))


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_number_is_none(number):
    assert events.Finished(PAINTING, True, 0, 0, number, 1.0).as_json()["loss"] is None
    assert events.Progress(1, 1, 1, 1, number, 0.5, 1.0, number).as_json()["seconds_left"] is None


def test_an_event_does_not_change():
    with pytest.raises(AttributeError):
        SAMPLES[0].what = "something else"
