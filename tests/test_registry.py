"""What another package brings by entry points is listed, chosen by name and used, here and by a daemon; or refused.

A kind of thing is one entry of `KINDS`, one of `PROOFS`, and the words that choose it.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from other_package import PATIENCE, ROOT, Package
from PIL import Image

from impasto.engine.errors import ImpastoError
from impasto.engine.export import WRITERS
from impasto.engine.imports import READERS
from impasto.engine.losses import LOSSES
from impasto.engine.media import MEDIA
from impasto.engine.registry import Registry
from impasto.engine.segment import DEFAULT_METHOD, NAMING_METHOD, SEGMENTERS
from impasto.engine.styles import preset_names
from impasto.protocol.client import Client
from impasto.protocol.places import read_runtime

QUICK = ["--set", "passes=[{radius=0.2,share=1,iterations=3}]", "--set", "finish=3", "--strokes", "20"]

SEGMENTER = """
import numpy as np
from impasto.engine.segment import Method, Region, Regions

def find(picture, size, options):
    scale = min(1, size / max(picture.height, picture.width))
    labels = np.zeros((round(picture.height * scale), round(picture.width * scale)), np.int64)
    labels[:, labels.shape[1] // 2 :] = 1
    return Regions.from_labels(labels, [Region("port", "thing"), Region("starboard", "thing")], "halves")

METHOD = Method(find)
"""
WRITER = """
from impasto.engine.export import Writer
from impasto.engine.files import atomic_write

def write(painting, path, height, width, options):
    pixels = painting.render(height, width, background=options.background, threads=options.threads)
    with atomic_write(path, options.overwrite) as file:
        file.write(b"P6 %d %d 255 " % (width, height) + pixels[..., :3].tobytes())

WRITER = Writer(write)
"""
READER = """
import numpy as np
from impasto.engine.imports.reader import Reader
from impasto.engine.painting.exchange import Parts
from impasto.engine.painting.strokes import Strokes

def read(file, path):
    table = np.loadtxt(file, np.float32, delimiter=",", ndmin=2)
    recipe = {"width": 64, "height": 48, "style": {}, "seed": 0, "softness": 0.01, "edge": 0.0}
    return Parts(Strokes.of(table), {**recipe, "background": [1, 1, 1, 1], "regions": []})

READER = Reader(read)
"""
MEDIUM = """
from impasto.engine.media import Medium

class MEDIUM(Medium):
    def render(self, table, height, width, **options):
        table = table.copy()
        table[:, 10:] = (0, 1, 0)
        return super().render(table, height, width, **options)
"""
LOSS = """
import numpy as np

class Grass:
    # only green, whatever the picture's colours are
    def value_and_gradient(self, canvas, target, weight):
        d = canvas - np.array([0, 1, 0], np.float32)[:, None, None]
        return float((weight * d * d).sum()), 2 * weight * d

LOSS = Grass()
"""

# group: what is called how in it, each the one file it takes, and the name of what is in there
KINDS = {
    "impasto.segmenters": ("halves", SEGMENTER, "METHOD"),
    "impasto.exports": ("ppm", WRITER, "WRITER"),
    "impasto.imports": ("csv", READER, "READER"),
    "impasto.media": ("grass", MEDIUM, "MEDIUM"),
    "impasto.losses": ("lawn", LOSS, "LOSS"),
}
WORDS = ["--regions", "halves", "--set", "medium.kind=grass", "--background", "black", "-o", "out.ppm"]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    """One that brings something of every kind."""
    made = Package(tmp_path_factory.mktemp("others") / "site")
    for group, (name, source, constant) in KINDS.items():
        made.add(group, name, source, constant)
    return made


@pytest.fixture(scope="module")
def engine(package: Package, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The home of a daemon that runs with that package."""
    home = tmp_path_factory.mktemp("engine")
    with package.serving(home):
        yield home


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with a photo."""
    y, x = np.mgrid[:48, :64]
    Image.fromarray(np.stack([x * 4, y * 5, x + y], -1).astype(np.uint8)).save(tmp_path / "photo.png")
    return tmp_path


def painted(desk: Path) -> np.ndarray:
    """What is in the file that only the package's writer writes."""
    head = b"P6 64 48 255 "
    data = (desk / "out.ppm").read_bytes()
    assert data.startswith(head)
    return np.frombuffer(data, np.uint8, offset=len(head)).reshape(48, 64, 3)


def grassy(pixels: np.ndarray) -> bool:
    """Only the package's medium paints in green alone."""
    return not pixels[..., (0, 2)].any() and pixels[..., 1].mean() > 50


@pytest.mark.parametrize("where", ["local", "auto"])
def test_one_file_of_another_package_is_painted_with(package, engine, desk, where):
    words = ["paint", "photo.png", *QUICK, *WORDS, "--save", "p.impasto", "--engine", where]
    done = package.run(*words, home=engine if where == "auto" else desk / "home", cwd=desk)
    assert done.returncode == 0, done.stderr
    assert "in 2 regions" in done.stderr
    assert grassy(painted(desk))
    told = package.run("info", "p.impasto", home=desk / "home", cwd=desk)
    assert "port" in told.stdout and "starboard" in told.stdout


def test_the_daemon_offers_and_uses_them(package, engine, monkeypatch):
    monkeypatch.setenv("IMPASTO_HOME", str(engine))
    runtime = read_runtime(engine)
    pixels = np.tile(np.arange(64, dtype=np.uint8)[:, None] * 4, (48, 1, 3))
    with Client(runtime["address"], runtime["key"], engine, timeout=PATIENCE) as client:
        offers = {kind: {one["name"] for one in there} for kind, there in client.hello["offers"].items()}
        assert "halves" in offers["segmenters"] and ".ppm" in offers["exports"] and "grass" in offers["media"]
        assert "lawn" in offers["losses"]
        (style,) = [each["values"] for each in client.hello["styles"] if each["name"] == preset_names()[0]]
        style |= {"medium": {"kind": "grass"}, "background": "black", "finish": 3}
        style["passes"] = [{"radius": 0.2, "share": 1, "iterations": 3}]
        described = {"width": 64, "height": 48, "channels": 3, "depth": "u8", "stride": 192}
        job = client.start(
            "paint", picture={"plane": client.put(pixels.tobytes()), **described}, style=style, strokes=20,
            working_size=64, find="halves",
        )  # fmt: skip
        told = {header["event"]: header for header, _ in client.events(job)}
        assert "done" in told, told
        assert [each["name"] for each in told["regions"]["found"]] == ["port", "starboard"]
        size = 64 * 48 * 4
        assert grassy(np.frombuffer(client.fetch(job, "pixels.rgba", size), np.uint8).reshape(48, 64, 4)[..., :3])


@pytest.mark.parametrize("regions", [(), ("--regions", "halves")], ids=["whole", "regions"])
def test_a_loss_of_another_package_is_what_strokes_move_by(package, desk, regions):
    greens = {}
    for loss in ("l1", "lawn"):
        words = ["--set", f"loss={loss}", "--set", "learning.colour=0.3", "--save", f"{loss}.impasto", *regions]
        done = package.run("paint", "photo.png", *QUICK, *words, "-o", f"{loss}.png", home=desk / "home", cwd=desk)
        assert done.returncode == 0, done.stderr
        with Image.open(desk / f"{loss}.png") as image:
            greens[loss] = np.asarray(image)[..., 1].mean()
    assert greens["lawn"] > 1.3 * greens["l1"]
    told = package.run("info", "lawn.impasto", home=desk / "home", cwd=desk)
    assert told.returncode == 0, told.stderr


def test_strokes_in_a_format_of_another_package_are_read(package, desk):
    (desk / "strokes.csv").write_text("0,0,.5,.5,.9,.4,.1,.1,1,1,0,1,0\n" * 3)
    done = package.run("import", "strokes.csv", "-o", "p.impasto", home=desk / "home", cwd=desk)
    assert (done.returncode, done.stderr) == (0, "imported 3 strokes of strokes.csv -> p.impasto\n")


def test_help_lists_the_segmenters_of_other_packages(package, desk):
    told = package.run("paint", "--help", home=desk / "home", cwd=desk).stdout
    assert "|halves|masks]" in "".join(told.split())


@pytest.mark.parametrize(
    ("group", "constant", "words"),
    [
        ("impasto.segmenters", "METHOD", ["-o", "p.png", "--regions", "bad"]),
        ("impasto.exports", "WRITER", ["-o", "p.bad"]),
        ("impasto.media", "MEDIUM", ["-o", "p.png", "--set", "medium.kind=bad"]),
        ("impasto.losses", "LOSS", ["-o", "p.png", "--set", "loss=bad"]),
    ],
)
@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("import nothing_of_that_name", "does not load (ModuleNotFoundError: No module named 'nothing_of_that_name')"),
        ("", "does not load (AttributeError: "),
        ("1 +", "does not load (SyntaxError: "),
        ("METHOD = WRITER = MEDIUM = LOSS = 7", "of another package is none; mend or remove it"),
    ],
    ids=["import", "name", "syntax", "kind"],
)
def test_what_is_broken_is_refused_in_a_sentence(tmp_path, desk, group, constant, words, source, sentence):
    package = Package(tmp_path / "site")
    package.add(group, "bad", source, constant)
    done = package.run("paint", "photo.png", *QUICK, *words, home=desk / "home", cwd=desk)
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1
    assert sentence in done.stderr and "bad" in done.stderr
    good = package.run("paint", "photo.png", *QUICK, "-o", "p.png", home=desk / "home", cwd=desk)
    assert good.returncode == 0, good.stderr  # nobody asked for it


def test_a_segmenter_that_finds_no_regions_is_refused_in_a_sentence(tmp_path, desk):
    package = Package(tmp_path / "site")
    source = "from impasto.engine.segment import Method\nMETHOD = Method(lambda *_: None)"
    package.add("impasto.segmenters", "bad", source, "METHOD")
    done = package.run("segment", "photo.png", "--method", "bad", home=desk / "home", cwd=desk)
    assert (done.returncode, done.stderr) == (
        2, "error: the segmenter bad of another package gave no regions; mend or remove it.\n"
    )  # fmt: skip


def test_ours_keep_their_names(tmp_path, desk):
    package = Package(tmp_path / "site")
    package.add("impasto.segmenters", DEFAULT_METHOD, SEGMENTER, "METHOD")
    package.add("impasto.exports", "png", WRITER, "WRITER")
    done = package.run("paint", "photo.png", *QUICK, "-o", "p.png", home=desk / "home", cwd=desk)
    assert done.returncode == 0 and (desk / "p.png").read_bytes().startswith(b"\x89PNG")
    done = package.run("segment", "photo.png", "--method", DEFAULT_METHOD, home=desk / "home", cwd=desk)
    assert done.stdout and "port" not in done.stdout
    refused = package.run("paint", "photo.png", "-o", "p.xcf", home=desk / "home", cwd=desk).stderr
    assert refused.count(".png") == 1


@pytest.mark.parametrize(
    ("registry", "name"), [(SEGMENTERS, "sky"), (WRITERS, "sky"), (READERS, "sky"), (MEDIA, "sky"), (LOSSES, "sky")]
)
def test_an_unknown_name_is_refused_with_those_there_are(registry, name):
    assert name not in registry
    with pytest.raises(ImpastoError) as caught:
        registry[name]
    assert str(caught.value).startswith(f"there is no {registry.kind} sky; there are {', '.join(registry.ours)}")


@pytest.mark.parametrize("registry", [SEGMENTERS, WRITERS, READERS, MEDIA, LOSSES], ids=lambda registry: registry.kind)
def test_a_file_is_all_there_is_to_one_of_ours(registry: Registry):
    for name in registry.ours:
        assert registry._accepts(registry[name]), name


SEGMENTERS_ARE_NAMED = {
    "engine/segment/__init__.py": {DEFAULT_METHOD, NAMING_METHOD},
    "engine/segment/networks/models.py": {"foreground", "panoptic"},  # tasks of networks, as the manifest has them
    "engine/segment/naming.py": {"foreground"},  # what a person calls what is in front of the rest
    "engine/painter/seeing/networks.py": {"panoptic"},  # an extra as well
    "engine/segment/networks/transformer.py": {"panoptic"},  # likewise
    "protocol/messages.py": {DEFAULT_METHOD},
}
LOSSES_ARE_NAMED = {
    "engine/styles/losses.py": {"l1"}, "engine/raster/cpu/raster.py": {"l1"}, "engine/raster/triton/raster.py": {"l1"},
}  # fmt: skip
STYLES_ARE_NAMED = {
    "commands/checks.py": {"realistic"}, "commands/examples.py": {"painterly"},
    "commands/exporting.py": {"pen"},  # a plotter's
    "commands/wish.py": {"painterly"}, "commands/video.py": {"painterly"}, "engine/library.py": {"painterly"},
    "engine/daemon/worker.py": {"painterly"},  # what most ask for, which a worker that waits has painted already
    "engine/styles/example.py": {"painterly", "gouache"},  # whose medium suits a picture of strokes, and one of shapes
    "engine/styles/words.py": {"painterly", "ink"},  # which has no colours, whatever words say
    "engine/wash/pigments.py": {"ink"},  # a pigment as well
    "engine/painting/render.py": {"watercolour"},  # a medium as well, of which one is painted to compile its kernels
}  # fmt: skip
for file in (  # a picture of strokes as well, by which strokes go
    *("commands/outputs.py", "commands/paint.py", "engine/daemon/hello.py", "engine/daemon/remote.py"),
    *("engine/daemon/requests.py", "engine/daemon/tasks.py", "engine/painter/wanted.py", "protocol/messages.py"),
):
    STYLES_ARE_NAMED[file] = STYLES_ARE_NAMED.get(file, set()) | {"flow"}


@pytest.mark.parametrize(
    ("names", "own", "elsewhere"),
    [
        (SEGMENTERS.ours, lambda name: f"engine/segment/methods/{name}.py", SEGMENTERS_ARE_NAMED),
        (LOSSES.ours, lambda name: f"engine/losses/{name}.py", LOSSES_ARE_NAMED),
        (preset_names(), lambda name: f"engine/media/{name}.py", STYLES_ARE_NAMED),
    ],
    ids=["segmenters", "losses", "styles"],
)
def test_names_are_written_in_their_own_file_and_where_a_default_is(
    names: list[str], own: Callable[[str], str | None], elsewhere: dict[str, set[str]]
):
    for room in ("engine", "commands", "protocol"):
        for path in (ROOT / room).rglob("*.py"):
            file = path.relative_to(ROOT).as_posix()
            quoted = {name for name in names if re.search(rf"([\"']){name}\1", path.read_text(encoding="utf-8"))}
            assert quoted - {name for name in names if own(name) == file} <= elsewhere.get(file, set()), file
