"""Notes of jobs that outlive an editor, and jobs that nobody wants any more: files in Impasto's home."""

import json
import os
import time
from pathlib import Path

import pytest

from impasto.easel import notes, unwanted
from impasto.protocol import ProtocolError
from impasto.protocol.messages import Text

JOB, OTHER = "0123456789abcdef" * 2, "f" * 32
DAY = 24 * 3600


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("IMPASTO_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def kept(home) -> notes.Notes:
    return notes.Notes("krita", {"job": Text(32, 32), "name": Text(20)})


def aged(path: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then))


def test_notes_of_editors_that_are_no_more_come_newest_first(kept, home):
    for job, age in ((JOB, 2 * DAY), (OTHER, DAY)):
        note = kept.take(job)
        note.keep({"job": job, "name": "it"})
        note.let_go(drop=False)
        aged(home / "krita" / f"{job}.json", age)
    assert [note["job"] for note in kept.abandoned()] == [OTHER, JOB]
    held = kept.take(JOB)  # by an editor that lives
    assert held.ours and [note["job"] for note in kept.abandoned()] == [OTHER]
    other = kept.take(JOB)
    other.let_go(drop=True)
    assert not other.ours and (home / "krita" / f"{JOB}.json").exists()
    held.let_go(drop=True)
    assert [note["job"] for note in kept.abandoned()] == [OTHER]
    assert not (home / "krita" / f"{JOB}.json").exists()


def test_a_note_is_kept_over_holidays_and_clocks_that_are_set_and_the_oldest_of_too_many_goes(kept, home, monkeypatch):
    for age, job in enumerate((JOB, OTHER, "0" * 32)):
        note = kept.take(job)
        note.keep({"job": job, "name": "it"})
        note.let_go(drop=False)
        aged(home / "krita" / f"{job}.json", (400 * age - 400) * DAY)  # JOB: before the clock was set back
    assert [note["job"] for note in kept.abandoned()] == [JOB, OTHER, "0" * 32]
    monkeypatch.setattr(notes, "KEPT", 2)
    held = kept.take("0" * 32)
    assert [note["job"] for note in kept.abandoned()] == [JOB, OTHER] and held.ours
    held.let_go(drop=False)
    assert (home / "krita" / f"{'0' * 32}.json").exists()  # an editor looked after it
    assert [note["job"] for note in kept.abandoned()] == [JOB, OTHER]
    assert len(list((home / "krita").glob("*.json"))) == 2


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"job": OTHER, "name": "another job's"}), json.dumps({"job": JOB, "name": "x" * 21}), "[]", "{",
        json.dumps({"job": JOB, "name": "it"}) + " " * (1 << 19), '{"job": "\\ud800"}', '{"job": ' + "1" * 5000 + "}",
    ],
)  # fmt: skip
def test_a_note_that_makes_no_sense_is_left_alone(kept, home, text):
    path = home / "krita" / f"{JOB}.json"
    notes.editors_folder("krita")
    path.write_text(text)
    assert kept.abandoned() == [] and path.exists()


def test_numbers_of_twenty_digits_are_read_and_longer_ones_are_absurd():
    assert notes.read_json(b'{"a": ' + b"9" * 20 + b"}") == {"a": int("9" * 20)}
    with pytest.raises(ProtocolError):
        notes.read_json(b'{"a": ' + b"9" * 21 + b"}")


def test_unwanted_jobs_wait_for_their_engine_however_long_and_the_oldest_of_too_many_go(home, monkeypatch):
    key = "0123456789abcdefghijABCDEFGHIJ.-:+=^!/*?"
    left = unwanted.UnwantedNotes("krita")
    left.add(JOB, key)
    left.add("not a job", key)
    left.add(OTHER, "no key")
    assert left.kept() == {JOB: key}
    path = home / "krita" / f"{JOB}.unwanted"
    aged(path, 400 * DAY)
    assert left.kept() == {JOB: key} and path.exists()
    monkeypatch.setattr(unwanted, "KEPT", 2)
    left.kept()
    assert not path.exists() and len(list(path.parent.iterdir())) == 2
    left.add(JOB, key)
    left.drop(JOB)
    assert left.kept() == {}


def test_a_note_dropped_while_it_is_looked_at_leaves_no_lock(kept, home, monkeypatch):
    note = kept.take(JOB)
    note.keep({"job": JOB, "name": "it"})
    take = notes.take_file

    def dropped_first(path: Path) -> object:
        note.let_go(drop=True)
        return take(path)

    monkeypatch.setattr(notes, "take_file", dropped_first)
    assert kept.abandoned() == [] and list((home / "krita").iterdir()) == []
