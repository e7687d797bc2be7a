"""The files to copy in docs/adding do what their pages say: as another package's, and lying in our own folders."""

import os
import re
import subprocess
import sys
from importlib import util
from pathlib import Path

import numpy as np
import pytest
from other_package import PATIENCE, ROOT, Package
from PIL import Image

ADDING = ROOT / "docs" / "adding"
QUICK = ["--set", "passes=[{radius=0.2,share=1,iterations=3}]", "--set", "finish=3", "--strokes", "40"]
# the file to copy: the group of its entry point, its constant, and where it lies among ours
FILES = {
    "chalk": ("impasto.media", "MEDIUM", "media"),
    "lightness": ("impasto.losses", "LOSS", "losses"),
    "notan": ("impasto.segmenters", "METHOD", "segment/methods"),
    "tsv": ("impasto.exports", "WRITER", "export/writers"),
}


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with a photo."""
    with Image.open(ROOT / "examples" / "chelsea.jpg") as photo:
        photo.resize((96, 64)).save(tmp_path / "photo.png")
    return tmp_path


@pytest.fixture
def package(tmp_path: Path) -> Package:
    made = Package(tmp_path / "site")
    for name, (group, constant, _) in FILES.items():
        made.add(group, name, (ADDING / f"{name}.py").read_text("utf-8"), constant)
    return made


def painted(package: Package, desk: Path, *words: str) -> str:
    done = package.run("paint", "photo.png", *QUICK, "--force", *words, home=desk / "home", cwd=desk)
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_the_files_to_copy_paint(package: Package, desk: Path) -> None:
    words = ["--regions", "notan", "--set", "medium.kind=chalk", "-o", "a.png", "--save", "a.impasto"]
    said = painted(package, desk, *words)
    assert "in 3 regions" in said
    painted(package, desk, "--regions", "notan", "--set", "loss=lightness", "-o", "b.tsv")
    head, *rows = [line.split("\t") for line in (desk / "b.tsv").read_text().splitlines()]
    assert len(head) == 13 and len(rows) == 40 and all(0 <= float(word) <= 2 for row in rows for word in row[6:])
    told = package.run("info", "a.impasto", home=desk / "home", cwd=desk).stdout
    assert all(name in told for name in ("darks", "halftones", "lights"))
    for medium in ("chalk", "pastel"):  # of the same strokes
        words = ["render", "a.impasto", "-o", f"{medium}.png", "--medium", medium, "--size", "256"]
        assert package.run(*words, home=desk / "home", cwd=desk).returncode == 0
    chalk, pastel = (np.asarray(Image.open(desk / f"{name}.png"), float)[..., :3] for name in ("chalk", "pastel"))
    assert 1 < np.abs(chalk - pastel).mean() < 60


def test_they_are_found_in_our_own_folders(tmp_path: Path) -> None:
    """A checkout of links, whose folders have these files as well: nothing else is to be done."""
    tree = tmp_path / "checkout"
    (tree / "impasto").mkdir(parents=True)
    for room in (ROOT / "impasto").iterdir():
        if room.suffix == ".py" or room.name != "engine":
            (tree / "impasto" / room.name).symlink_to(room.resolve())
    _linked(ROOT / "engine", tree / "impasto" / "engine", [folder for _, _, folder in FILES.values()])
    for name, (_, _, folder) in FILES.items():
        (tree / "impasto" / "engine" / folder / f"{name}.py").symlink_to(ADDING / f"{name}.py")
    script = (
        "from impasto.engine.export import WRITERS, suffixes; from impasto.engine.losses import LOSSES\n"
        "from impasto.engine.media import MEDIA; from impasto.engine.segment import SEGMENTERS, method_names\n"
        "for each, name in ((MEDIA, 'chalk'), (LOSSES, 'lightness'), (SEGMENTERS, 'notan'), (WRITERS, 'tsv')):\n"
        "    assert name in each.ours and each._accepts(each[name]), name\n"
        "assert '.tsv' in suffixes() and 'notan' in method_names()\n"
        "print(SEGMENTERS.about('notan'))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=tree, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("Darks, halftones and lights")


def _linked(ours: Path, there: Path, opened: list[str]) -> None:
    """A folder of links to what is in ours; those that are opened, and what leads there, are folders of links again."""
    there.mkdir()
    for path in ours.iterdir():
        inside = [name.partition("/")[2] for name in opened if name.split("/")[0] == path.name]
        if inside:
            _linked(path, there / path.name, [name for name in inside if name])
        elif path.name != "__pycache__":
            (there / path.name).symlink_to(path)


def test_the_loss_has_the_gradient_of_its_value() -> None:
    spec = util.spec_from_file_location("lightness", ADDING / "lightness.py")
    assert spec is not None and spec.loader is not None
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    random = np.random.default_rng(1)
    canvas, target, step = (random.random((3, 4, 5)) for _ in range(3))
    weight = random.random((4, 5))
    _, gradient = module.LOSS.value_and_gradient(canvas, target, weight)
    more, less = (module.LOSS.value_and_gradient(canvas + h * step, target, weight)[0] for h in (1e-4, -1e-4))
    assert (more - less) / 2e-4 == pytest.approx((gradient * step).sum(), rel=1e-6)
    grey, red = (np.zeros((3, 1, 1)) + np.reshape(colour, (3, 1, 1)) for colour in ((0.1, 0.1, 0.1), (0.1, 0, -0.03)))
    grey, red = (module.LOSS.value_and_gradient(d, 0 * d, np.ones((1, 1)))[0] / (d * d).sum() for d in (grey, red))
    assert grey == pytest.approx(4, rel=1e-3) and red < 1.5


def test_the_style_paints_and_can_be_kept(package: Package, desk: Path) -> None:
    own = desk / "home" / "styles"
    own.mkdir(parents=True)
    (own / "dusk.toml").write_bytes((ADDING / "dusk.toml").read_bytes())
    listed = " ".join(package.run("styles", home=desk / "home", cwd=desk).stdout.split())
    assert "The last light: few broad strokes on a dark blue ground, reds kept." in listed
    pictures = []
    for style in ("dusk", str(ADDING / "dusk.toml")):
        painted(package, desk, "--style", style, "-o", "out.png")
        pictures.append((desk / "out.png").read_bytes())
    assert pictures[0] == pictures[1]


def test_the_client_has_a_picture_painted(package: Package, desk: Path) -> None:
    with package.serving(desk / "home"):
        environment = package.environment(desk / "home")
        environment["PYTHONPATH"] += f"{os.pathsep}{ROOT}"
        words = [sys.executable, str(ADDING / "painting_client.py"), "photo.png", "painted.png"]
        done = subprocess.run(words, cwd=desk, env=environment, capture_output=True, text=True, timeout=PATIENCE)
        assert done.returncode == 0, done.stderr
        assert re.search(r"^\d+%$", done.stderr, re.MULTILINE)
        assert package.run("serve", "jobs", home=desk / "home", cwd=desk).stderr == "no jobs\n"  # it was forgotten
    images = [Image.open(desk / name).convert("RGB") for name in ("photo.png", "painted.png")]
    photo, picture = (np.asarray(image, float) for image in images)
    assert photo.shape == picture.shape and np.abs(photo - picture).mean() < 25
    gone = subprocess.run(words, cwd=desk, env=environment, capture_output=True, text=True, timeout=PATIENCE)
    assert gone.returncode == 1 and gone.stderr.startswith("error: ") and gone.stderr.count("\n") == 1


@pytest.mark.parametrize("page", sorted(ADDING.glob("*.md")), ids=lambda path: path.stem)
def test_each_page_shows_its_file(page: Path) -> None:
    text = page.read_text("utf-8")
    (shown,) = re.findall(r'--8<-- "docs/adding/(\S+)"', text)
    assert (ADDING / shown).is_file() and f"]({shown})" in text
    for named in re.findall(r"`((?:engine|tests|protocol|benchmarks)/[^`]*)`", text):
        there = ROOT / named
        assert there.exists() or (there.stem in FILES and there.parent.is_dir()), named
