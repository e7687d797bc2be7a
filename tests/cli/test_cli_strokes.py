"""Strokes given away and taken back by commands."""

from desk import Desk
from PIL import Image


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
