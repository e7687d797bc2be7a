"""The example photos."""

from pathlib import Path

from impasto.engine.pictures.io import Picture, load_picture

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"


def example(name: str) -> Picture:
    return load_picture(EXAMPLES / f"{name}.jpg")
