"""SVG that nobody should send: refused with one sentence, or read for what it shows; nothing is fetched or expanded."""

import re
import socket
import sys
import tracemalloc
import warnings
from pathlib import Path
from typing import Any

import pytest
from handmade import made
from svg_cases import HEAD, text_of

from impasto.engine.errors import ImpastoError
from impasto.engine.imports import drawing, read_painting
from impasto.engine.painting.painting import Painting
from impasto.engine.painting.strokes import Strokes


def read(text: str, folder: Path) -> Painting:
    (folder / "b.svg").write_text(text, "utf-8")
    return read_painting(folder / "b.svg")


def refused(text: str, folder: Path) -> str:
    """The one sentence that it is refused with."""
    with pytest.raises(ImpastoError) as told:
        read(text, folder)
    said = str(told.value)
    assert said.startswith(str(folder / "b.svg")) and "\n" not in said and ";" in said and len(said) < 400
    return said


def inside(words: str) -> str:
    return HEAD.format(9, 9, words)


PATH = '<path d="M0 0h1v1z"/>'
OURS = "urn:impasto:strokes"
HOSTILE = {
    "entities": ('<!DOCTYPE svg [<!ENTITY a "b"><!ENTITY c "&a;&a;">]>' + inside("&c;"), "declares entities"),
    "external": ('<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + inside("&a;"), "declares entities"),
    "of a DTD": ('<!DOCTYPE svg [<!ENTITY % a SYSTEM "http://127.0.0.1:9/"> %a;]>' + inside(""), "declares entities"),
    "deep": (inside("<g>" * 100_000 + "</g>" * 100_000), "nested deeper than 200"),
    "no svg": ("<html/>", "it is no SVG"),
    "no size": ('<svg xmlns="http://www.w3.org/2000/svg"/>', "no SVG with a size"),
    "scaled beyond": (inside(f'<g transform="scale(1e308) scale(1e308)">{PATH}</g>'), "beyond all numbers"),
    "turned endlessly": (inside(f'<g transform="rotate(1e999)">{PATH}</g>'), "the transform 'rotate(1e999)' is none"),
    "no transform": (inside('<g transform="matrix(1 2)"/>'), "the transform 'matrix(1 2)' is none"),
    "infinite": (inside('<path d="M0 0L1e999 1 5 5z"/>'), "a number that is not finite"),
    "many digits": (inside(f'<path d="M0 0h{"9" * 900_000}v9z"/>'), "a number that is not finite"),
    "an arc": (inside('<path d="M0 0A1e300 1e-300 1e300 0 1 5 5z"/>'), "an arc that goes beyond all numbers"),
    "a long path": (inside(f'<path d="M0 0{"h1" * 600_000}"/>'), "a path has more than 1 MB"),
    "no metadata": (inside(f'<painting xmlns="{OURS}">[1]</painting>'), "its JSON is not an object"),
    "odd metadata": (inside(f'<painting xmlns="{OURS}">{{"recipe": {{"regions": 7}}}}</painting>'), "regions"),
    "odd others": (
        inside(f'<painting xmlns="{OURS}">{{"recipe": {{}}, "others": {{"tip.png": 5}}}}</painting>'), "no text"
    ),
    "cut": (inside("<g>")[:-6], "it is no XML"),
    "bytes": ("\x00\x01\x02", "it is no XML"),
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile(case: str, tmp_path: Path) -> None:
    text, reason = HOSTILE[case]
    said = refused(text, tmp_path)
    assert reason in said and "/etc" not in said


@pytest.mark.parametrize(
    ("name", "most", "words", "reason"),
    [
        ("MOST_SHAPES", 50, PATH * 51, "more than 50 shapes"),
        ("MOST_SHAPES", 50, "".join(f'<linearGradient id="{k}"/>' for k in range(51)), "more than 50 gradients"),
        ("_MOST_RULES", 50, f"<style>{''.join(f'.c{k}{{}}' for k in range(51))}</style>", "more than 50 rules"),
        ("_MOST_TEXT", 50, f"<style>{'a' * 51}</style>", "too much text"),
    ],
)
def test_huge_counts(
    name: str, most: int, words: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert name == "_MOST_TEXT" or most < getattr(drawing, name) <= 1_000_000
    monkeypatch.setattr(drawing, name, most)
    assert reason in refused(inside(words), tmp_path)


def test_a_gradient_of_very_many_stops_is_its_first_and_last(tmp_path: Path) -> None:
    stops = '<stop stop-color="red"/>' + "<stop/>" * 30_000 + '<stop stop-color="#00f" stop-opacity=".5"/>'
    shape = '<path fill="url(#a)" d="M0 4h9v1h-9z"/>'
    tracemalloc.start()
    try:
        table = read(inside(f'<linearGradient id="a">{stops}</linearGradient>{shape}'), tmp_path).strokes.table
        assert tracemalloc.get_traced_memory()[1] < 4e6  # 9e6 if all of them are kept
    finally:
        tracemalloc.stop()
    assert table[0, 10:].tolist() == [0.5, 0, 0.5] and sorted(table[0, 8:10].tolist()) == [0.5, 1]


def test_what_is_beyond_all_numbers_is_not_drawn(tmp_path: Path) -> None:
    """Nor does the terminal hear of it."""
    far = '<path d="M0 0A1e308 1e308 1e308 1 1 1e308 -1e308z"/><path d="M0 0H1e300v9z" stroke="red"/>'
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        painting = read(inside(far + '<path d="M0 4h9v1h-9z"/>'), tmp_path)
    assert len(painting.strokes) == 1 and isinstance(painting.strokes.validated(), Strokes)


def test_a_size_of_sixteen_gigabytes_is_no_size(tmp_path: Path) -> None:
    head = '<svg xmlns="http://www.w3.org/2000/svg" width="160000000000" height="160000000000"/>'
    painting = read(head, tmp_path)
    assert (painting.width, painting.height) == (65535, 65535) and len(painting.strokes) == 0


WATCHED: list[str] = []


def watch(event: str, given: Any) -> None:
    if event in ("open", "socket.connect", "socket.getaddrinfo", "subprocess.Popen"):
        WATCHED.append(f"{event} {given!r}")


def test_nothing_is_fetched(tmp_path: Path) -> None:
    """From wherever a drawing may say that something is: files are not opened, and nobody is asked for anything."""
    (tmp_path / "secret.css").write_text(".a{fill:#123456}")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        for where in (f"http://127.0.0.1:{server.getsockname()[1]}/secret.css", (tmp_path / "secret.css").as_uri()):
            text = (
                f'<?xml version="1.0"?><?xml-stylesheet href="{where}"?><!DOCTYPE svg SYSTEM "{where}">'
                f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:x="http://www.w3.org/1999/xlink" viewBox="0 0 9 9">'
                f'<style>@import url({where});</style><image x:href="{where}" href="{where}" width="9" height="9"/>'
                f'<use href="{where}#a"/><script href="{where}"/><linearGradient id="b" x:href="{where}#c"/>'
                f'<path class="a" d="M0 4h9v1h-9z"/><path fill="url({where}#c)" d="M0 4h9v1h-9z"/>'
                f'<path fill="url(#b)" filter="url({where}#d)" d="M0 4h9v1h-9z"/></svg>'
            )
            sys.addaudithook(watch)
            WATCHED.clear()
            painting = read(text, tmp_path)
            seen = [line for line in WATCHED if "secret" in line or "socket" in line or "Popen" in line]
            assert seen == [] and any("b.svg" in line for line in WATCHED)
            assert 1 <= len(painting.strokes) <= 3 and "123456" not in str(painting.strokes.table)
        with pytest.raises(TimeoutError):
            server.accept()


@pytest.fixture
def text(tmp_path: Path) -> str:
    return text_of(made(strokes=20), tmp_path / "a.svg")


def test_odd_numbers_are_no_strokes_of_ours(text: str, tmp_path: Path) -> None:
    """Numbers that cannot be are not believed; the geometry is."""
    for word in ("nan", "1e39", "-5", "x", ""):
        odd = f'impasto:stroke="{word} ' + "0 " * 12 + '"'
        back = read(re.sub('impasto:stroke="[^"]*"', odd, text, count=3), tmp_path)
        assert isinstance(back.strokes.validated(), Strokes)


def test_truncated(text: str, tmp_path: Path) -> None:
    for length in range(1, len(text) - 10, len(text) // 20):
        with pytest.raises(ImpastoError, match=r"b\.svg"):
            read(text[:length], tmp_path)
