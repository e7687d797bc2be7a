"""The site builds without a warning and fetches nothing; what pages show are commands that there are, and they run."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import pytest

from impasto.commands import main as cli

ROOT = Path(__file__).resolve().parents[1]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")), ROOT / "protocol" / "README.md"]
RUN = [ROOT / "docs" / f"{name}.md" for name in ("first-painting", "styles-and-media", "regions", "daemon", "python")]
FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
NUMBER = re.compile(r"-[\d.]+")
PATIENCE = 900  # seconds; only against hanging


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    words = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    return folder


def test_the_site_fetches_nothing(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 25
    for page in pages:
        text = page.read_text("utf-8")
        loaded = re.findall(r"<(?:script|img|iframe)\b[^>]*\bsrc=[\"']?([^\"'\s>]+)", text)
        loaded += re.findall(r"<link\b[^>]*\brel=\"?(?:stylesheet|preconnect)[^>]*href=\"?([^\"\s>]+)", text)
        assert not [address for address in loaded if "//" in address], page


def test_equations_and_code_are_there(site: Path) -> None:
    text = (site / "how-it-works" / "index.html").read_text("utf-8")
    assert text.count("<math ") > 12 and text.count("<h2") > 6
    assert "error_map" in text and "adam_step" in text and "8&lt;" not in text
    api = (site / "api" / "painting" / "index.html").read_text("utf-8")
    assert "impasto.engine.painting.strokes.Strokes" in api


def commands_in(page: Path) -> Iterator[list[str]]:
    """Every command `impasto …` in a page's code, as a shell would part its words."""
    text = page.read_text("utf-8")
    blocks = [block for _, block in FENCE.findall(text)] + re.findall(r"(?:^ {4,}\S.*\n)+", text, re.MULTILINE)
    for line in (line.strip() for block in blocks for line in block.splitlines()):
        for part in re.split(r"\s(?:&&|\||>)\s", line):
            if part.startswith("impasto "):
                yield shlex.split(part, comments=True)[1:]


def options_of(command: click.Command) -> set[str]:
    return {name for each in command.params for name in (*each.opts, *each.secondary_opts)} | {"--help", "-h"}


def checked(words: Sequence[str]) -> None:
    """Refuse a command or an option that is not there."""
    command: click.Command = cli.impasto
    for word in words:
        if isinstance(command, click.Group) and word in command.commands:
            command = command.commands[word]
        elif word.startswith("-") and word != "-" and not NUMBER.match(word):
            assert word.partition("=")[0] in options_of(command), f"impasto {' '.join(words)}: there is no {word}"
        else:
            assert command is not cli.impasto, f"impasto {' '.join(words)}: there is no {word}"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_and_options_are_there(page: Path) -> None:
    for words in commands_in(page):
        checked(words)


def test_commands_are_found_and_wrong_ones_are_noticed() -> None:
    assert sum(len(list(commands_in(page))) for page in PAGES) > 70
    for wrong in ("paint photo.jpg --stroke 7", "pant photo.jpg", "serve --attach"):
        with pytest.raises(AssertionError):
            checked(wrong.split())


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with photos and a mask, as pages speak of, and `impasto` on the path."""
    for name, to in (("astronaut", "photo"), ("coffee", "other")):
        shutil.copy(ROOT / "examples" / f"{name}.jpg", tmp_path / f"{to}.jpg")
    from PIL import Image, ImageDraw

    with Image.open(tmp_path / "photo.jpg") as photo:
        mask = Image.new("L", photo.size)
    width, height = mask.size
    ImageDraw.Draw(mask).ellipse([width * 0.35, height * 0.05, width * 0.55, height * 0.35], fill=255)
    mask.save(tmp_path / "face.png")
    program = tmp_path / "bin" / "impasto"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{ROOT / "cli.py"}" "$@"\n')
    program.chmod(0o755)
    return tmp_path


@pytest.mark.nightly
@pytest.mark.parametrize("page", RUN, ids=name_of)
def test_what_a_page_shows_runs_as_written(page: Path, desk: Path) -> None:
    """All of a page's fences called sh and python, in their order, in one folder."""
    environment = os.environ | {
        "PATH": f"{desk / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "IMPASTO_HOME": str(desk / "home"),
    }
    ran = 0
    for kind, block in FENCE.findall(page.read_text("utf-8")):
        words = {"sh": ["bash", "-eux", "-c", block], "python": [sys.executable, "-c", block]}.get(kind)
        if words is not None:
            done = subprocess.run(words, cwd=desk, env=environment, capture_output=True, text=True, timeout=PATIENCE)
            assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
            ran += 1
    assert ran
