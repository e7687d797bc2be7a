"""What is typed, named and said beside an editor: addresses, layers, sizes, why an engine was not installed."""

import json
import os
import sys

import pytest

from impasto.easel import addresses, doctor, failing, layer_plan, own_engine, parameters, words
from impasto.protocol import ProtocolError
from impasto.protocol.lock import take


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        (" tcp://there:5555 ", "tcp://there:5555"), ("there:1", "tcp://there:1"), ("[::1]:65535", "tcp://[::1]:65535"),
        ("[fe80::1%eth0]:5570", "tcp://[fe80::1%eth0]:5570"),
        ("there:65536", None), ("there:0", None), ("there", None), ("http://there:5555", None), ("a b:7", None),
        ("there:123456", None),
    ],
)  # fmt: skip
def test_an_address_is_completed_or_refused_with_its_form(typed, address):
    if address is not None:
        assert addresses.checked_address(typed) == address
        return
    with pytest.raises(ProtocolError, match="tcp://HOST:PORT"):
        addresses.checked_address(typed)


def test_a_key_is_forty_letters_or_a_file_of_them(tmp_path):
    key = "0123456789abcdefghijABCDEFGHIJ.-:+=^!/*?"
    assert addresses.checked_key(f" {key}\n") == key
    with pytest.raises(ProtocolError, match="40 letters"):
        addresses.checked_key(key[:-1])
    with pytest.raises(ProtocolError, match="40 letters"):
        addresses.checked_key("")
    assert addresses.sentence("what an error says.") == "What an error says."


def test_layers_are_planned_named_and_found_again():
    plan = layer_plan.LayerPlan("passes")
    plan.own_passes = {"face": 1}
    plan.make({"event": "started", "regions": ["sky", "face"]}, 2)
    assert plan.layers == [(None, "background"), ("sky", "pass 1"), ("sky", "pass 2"), ("face", "pass 1")]
    assert plan.titles() == [(None, "underpainting"), ("sky", "pass 1"), ("sky", "pass 2"), (None, "face")]
    plan.make({"event": "started", "regions": ["other"]}, 2)  # it is decided once
    assert len(plan.layers) == 4
    layers = [{"group": "face", "name": "pass 1"}, {"group": "nobody", "name": "pass 1"}]
    done = {"event": "done", "layers": layers, "width": 5, "height": 6}
    assert plan.numbered(done) == [(3, layers[0])]
    whole = layer_plan.LayerPlan("none")
    whole.make({"event": "started", "regions": ["sky"]}, 2)
    found = whole.numbered({**done, "layers": []})
    assert found == [(0, {"name": "painting", "group": None, "x": 0, "y": 0, "width": 5, "height": 6,
                          "file": "pixels.rgba"})]  # fmt: skip
    washes = layer_plan.LayerPlan("regions")
    paper = {"group": None, "name": "paper", "blending": "normal"}
    washes.make({"event": "started", "layers": [paper, {"group": "sky", "name": "pass 1", "blending": "multiply"}]}, 2)
    assert washes.layers == [(None, "paper"), ("sky", "pass 1")] and washes.multiplied == [1]


def test_parameters_have_as_many_digits_as_they_need_and_open_ends():
    def made(value, **rule):
        return parameters.Parameter("shape/x", "Shape", "X", {"type": "number", **rule}, value)

    assert [made(v, minimum=0, maximum=m).decimals for v, m in ((0.5, 1), (0.5, 9), (0.1234, 9), (1 / 3, 1))] == [
        3, 2, 4, 6,
    ]  # fmt: skip
    above = made(1.0, exclusiveMinimum=0, maximum=2)
    assert (
        above.low == 0.01
        and not above.allows(0.0)
        and above.allows(0.01)
        and above.allows(2)
        and not above.allows(2.01)
    )
    assert not above.allows(True)
    whole = parameters.Parameter("passes/1/n", "", "", {"type": "integer", "minimum": 1, "exclusiveMaximum": 9}, 4)
    assert (whole.low, whole.high, whole.code) == (1, 8, "passes/n") and not whole.allows(4.0)


def test_bytes_are_said_as_people_do():
    said = [failing.size(count) for count in (400_000, 9_940_000, 10_400_000, 999_000_000, 2_460_000_000)]
    assert said == ["0.4 MB", "9.9 MB", "10 MB", "999 MB", "2.5 GB"]


def test_each_failure_is_a_sentence_with_its_facts():
    said = failing.failure_sentence("space", {"folder": "/here", "needed": 2_460_000_000, "free": 400_000})
    assert said == "/here needs 2.5 GB, and 0.4 MB are free; free some, and try again."
    facts = {"host": "pypi.org", "why": "no route", "wanted": ["big>=2", "small"], "folder": "/here"}
    assert "'big>=2' 'small', put" in failing.failure_sentence("unreachable", facts)
    assert failing.failure_sentence("of a newer plugin", {}) == "The engine could not be installed (of a newer plugin)."
    assert failing.failure_sentence("of a newer plugin", {"sentence": "So it is."}) == "So it is."


def test_the_first_language_there_is_counts_and_only_c_is_passed_over():
    try:
        for names, language in {
            ("fr_FR", "de"): "fr", ("xx_XX", "fr"): "en", ("C", "fr-CA"): "fr", (): "en",
        }.items():  # fmt: skip
            words.speak(lambda names=names: names, "It")
            assert words.language() == language
        words.speak(lambda: ["fr"], "It")
        assert words.tr("selection") == "sélection"
        assert words.tr("no text of ours") == "no text of ours" and words.editor() == "It"
    finally:
        words.speak(tuple, "Impasto")


def test_findings_are_marked_with_their_remedy_below():
    said = '[{"state": "good", "name": "Python", "says": "3.13", "remedy": ""}, '
    said += '{"state": "bad", "name": "disk", "says": "full", "remedy": "free some"}]'
    assert doctor._read(said) == ["\u2713 Python: 3.13", "\u2717 disk: full", "    free some"]
    assert doctor._read('[{"state": "new", "name": "", "says": "", "remedy": ""}]') == [] == doctor._read("no")


@pytest.mark.skipif(sys.platform == "win32", reason="locks are others there")
def test_an_address_file_alone_is_no_engine(tmp_path, monkeypatch):
    monkeypatch.setenv("IMPASTO_HOME", str(tmp_path))
    engine = own_engine.OwnEngine()
    assert engine.look() is None and not engine.stopped and engine.process == 0
    said = {"address": "tcp://127.0.0.1:5", "key": "0123456789abcdefghijABCDEFGHIJ.-:+=^!/*?", "pid": os.getpid()}
    (tmp_path / "daemon.json").write_text(json.dumps(said))
    found = engine.look()
    assert found["address"] == said["address"] and engine.process == os.getpid() and not engine.stopped
    (tmp_path / "daemon.json").write_text(json.dumps(said | {"pid": 2**22 + 5}))  # nobody's
    assert engine.look() is None and engine.stopped
    with take(tmp_path):
        assert engine.look() is None, "an address file is not asked about again"
        assert own_engine.OwnEngine().look() is not None
