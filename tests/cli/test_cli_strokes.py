"""Strokes given away and taken back by commands."""

from desk import Desk
from PIL import Image

from impasto.engine.styles.palette import read_palette


def test_strokes_go_out_and_come_in(desk: Desk) -> None:
    """Every command writes them by the suffix; read again they are the painting."""
    desk.paint("-o", "a.json", "--save", "a.impasto")
    assert desk.run("render", "a.impasto", "-o", "b.npz").exit_code == 0
    for source in ("a.json", "b.npz"):
        result = desk.run("import", source, "-o", "c.impasto", "--force")
        assert result.exit_code == 0 and result.stderr == f"imported 40 strokes of {source} -> c.impasto\n"
        assert (desk.folder / "c.impasto").read_bytes() == (desk.folder / "a.impasto").read_bytes()
    Image.linear_gradient("L").resize((64, 48)).save("mask.png")
    words = ("--mask", "mask.png", "--strokes", "5", "-o", "d.json")
    result = desk.run("repaint", "a.impasto", "photo.png", *words)
    assert result.exit_code == 0, result.stderr
    assert desk.run("import", "d.json", "-o", "d.impasto").exit_code == 0


def test_import_refuses_before_it_reads(desk: Desk) -> None:
    (desk.folder / "a.json").write_text("{}")
    for words, told in {
        ("a.json", "-o", "b.png"): "error: b.png cannot be a painting; give it the extension .impasto.\n",
        ("photo.png", "-o", "b.impasto"): "error: photo.png cannot be read as strokes; give a file of .json .npz .svg.",
        ("none.json", "-o", "b.impasto"): "error: there is no file none.json; check its name and folder.\n",
        ("a.json", "-o", "b.impasto"): "error: a.json cannot be read as strokes (format: field required); export it",
    }.items():
        result = desk.run("import", *words)
        assert result.exit_code == 2 and result.stderr.startswith(told), result.stderr
    assert desk.names() == {"a.json", "photo.png"}
    (desk.folder / "b.impasto").write_bytes(b"of before")
    assert desk.run("import", "a.json", "-o", "b.impasto", "--force").exit_code == 2
    assert (desk.folder / "b.impasto").read_bytes() == b"of before" and desk.names() - {"b.impasto"} == {
        "a.json",
        "photo.png",
    }


def test_a_page_for_a_plotter(desk: Desk) -> None:
    sheet = ("--page", "148x105mm", "--margin", ".5cm", "--pen", "0.6", "--pens", "2")
    desk.paint("--save", "a.impasto", "-o", "a.svg", *sheet)
    drawn = (desk.folder / "a.svg").read_text()
    assert 'viewBox="0 0 148 105"' in drawn and 'stroke-width="0.6"' in drawn and 'id="pen-2"' in drawn
    for words, told in {
        ("-o", "b.png", "--page", "a4"): "error: --page is for a plotter's .svg; name one with -o, or leave it out.\n",
        ("-o", "b.svg", "--pens", "2"): "--pens is for a plotter's sheet; name it with --page.",
        ("-o", "b.svg", "--page", "a9"): "'a9' is no page; name a6, a5,",
        ("-o", "b.svg", "--page", "a4", "--pen", "2 miles"): "'2 miles' is no length, such as 15mm or .6in.",
        (
            "-o",
            "b.svg",
            "--page",
            "a6",
            "--margin",
            "5in",
        ): "error: between margins of 127 mm nothing is left of a page",
    }.items():
        result = desk.run("render", "a.impasto", *words)
        assert result.exit_code == 2 and told in result.stderr, result.stderr
    assert desk.names() == {"a.svg", "a.impasto", "photo.png"}


def test_a_palette_of_a_picture(desk: Desk) -> None:
    result = desk.run("palette", "photo.png", "-n", "4", "-o", "c.gpl")
    assert (result.exit_code, result.stderr) == (0, "4 colours of photo.png -> c.gpl\n")
    listed = desk.run("palette", "photo.png", "-n", "4")
    assert read_palette(desk.folder / "c.gpl") == (tuple(listed.stdout.split()), [])
    assert desk.run("palette", "photo.png", "-n", "4", "--json").stdout.startswith('["#')
    desk.paint("-o", "a.png", "--palette", "c.gpl")
    for words, told in {
        ("photo.png", "-o", "c.gpl"): "error: c.gpl already exists; choose another name, or add --force",
        ("photo.png", "-o", "c.txt"): "error: c.txt cannot be a palette; give it the extension .gpl.\n",
        ("none.png",): "error: there is no file none.png; check its name and folder.\n",
    }.items():
        result = desk.run("palette", *words)
        assert result.exit_code == 2 and result.stderr.startswith(told), result.stderr


def test_a_film_of_how_it_came_about(desk: Desk) -> None:
    desk.paint("--save", "a.impasto", "-o", "a.gif", "--film-by", "passes", "--duration", "1.5", "--hold", "0.5")
    with Image.open("a.gif") as film:
        assert film.n_frames == 3 and film.size == (64, 48)  # type: ignore[attr-defined]
    result = desk.run("render", "a.impasto", "-o", "a.mp4", "--duration", "0.2", "--hold", "0", "--size", "32")
    assert result.exit_code == 0 and (desk.folder / "a.mp4").read_bytes()[4:8] == b"ftyp", result.stderr
    result = desk.run("render", "a.impasto", "-o", "b.png", "--hold", "1")
    told = "error: --hold is for films; name an .mp4, .webm or .gif with -o, or leave it out.\n"
    assert (result.exit_code, result.stderr) == (2, told)
