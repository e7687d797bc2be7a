"""protocol/README.md says what protocol/ does."""

import ast
import re
from dataclasses import fields
from pathlib import Path

import described
import pytest

from impasto.engine.daemon import connections, jobs, results, server, uploads
from impasto.engine.daemon.hello import FEATURES
from impasto.engine.painter import events
from impasto.protocol import NEWEST_VERSION, OLDEST_VERSION, limits, messages
from impasto.protocol.messages import REQUESTS

TEXT = described.README.read_text(encoding="utf-8")
ENGINE = sorted(Path(server.__file__).parent.glob("*.py"))
PROTOCOL = sorted(Path(messages.__file__).parent.glob("*.py"))


def test_the_tables_are_those_of_the_code() -> None:
    assert described.tables() in TEXT, "run python tests/protocol/described.py"


def test_every_request_and_field_is_named() -> None:
    for kind, (rules, _) in REQUESTS.items():
        assert f"#### `{kind}`" in TEXT
        for name in rules:
            assert f"| `{name}` |" in TEXT


def codes(paths: list[Path]) -> set[str]:
    """All codes that are raised, or told as a failure."""
    found = set()
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                if name in ("ProtocolError", "_fail"):
                    found.add(str(node.args[0].value))
            if isinstance(node, ast.Dict):
                pairs = zip(node.keys, node.values, strict=True)
                found |= {
                    str(v.value) for k, v in pairs
                    if isinstance(k, ast.Constant) and k.value == "code" and isinstance(v, ast.Constant)
                }  # fmt: skip
    return found


def test_every_code_is_explained() -> None:
    sent, own = re.findall(r"## Error codes\n(.*?)\nThe first twelve(.*?)\n## ", TEXT, re.DOTALL)[0]
    explained = [set(re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE)) for part in (sent, own)]
    raised = codes([*ENGINE, *PROTOCOL])
    assert {"malformed", "disk", "crash", "memory", "lost"} <= raised  # they are found at all
    assert explained[0] | explained[1] == raised
    assert not explained[0] & explained[1]


@pytest.mark.parametrize(
    "event", [events.Preparing, events.Started, events.PassStarted, events.StrokesAdded, events.Progress]
)
def test_every_event_is_described(event: type[events.Event]) -> None:
    table = TEXT.split("### Events")[1].split("## ")[0]
    (line,) = [line for line in table.splitlines() if line.startswith(f"| `{event.kind}` |")]
    assert {f"`{field.name}`" for field in fields(event)} <= set(re.findall("`[a-z_]+`", line))


def test_every_feature_is_explained() -> None:
    table = TEXT.split("## Versions")[1].split("## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(FEATURES)


def test_limits() -> None:
    for number in (
        limits.LARGEST_HEADER_BYTES, limits.CHUNK_BYTES, limits.LARGEST_PICTURE, limits.LARGEST_SIDE,
        limits.MOST_STROKES, limits.LARGEST_PLANE_BYTES,
    ):  # fmt: skip
        assert str(number) in TEXT
    table = TEXT.split("## Limits")[1]
    for what, number in {
        "frames of a message": limits.MOST_FRAMES, "regions": limits.MOST_REGIONS, "planes of a client":
        uploads.MOST_PLANES, "waiting jobs of a client": jobs.MOST_WAITING, "kept jobs of a client": results.MOST_KEPT,
        "connections of a client's key": connections.MOST_PEERS, "held paintings of a client": limits.MOST_HELD,
        "bytes of a picture that is shown": limits.MOST_SHOWN_BYTES,
    }.items():  # fmt: skip
        assert re.search(rf"^\| {what} \| {number}\b", table, re.MULTILINE), what


def test_version() -> None:
    assert OLDEST_VERSION <= NEWEST_VERSION
    assert f"This is\nversion {NEWEST_VERSION}." in TEXT or f"This is version {NEWEST_VERSION}." in TEXT
