"""What pyproject.toml cannot say: the checkout's folders are installed as packages inside `impasto`.

In the checkout, links in impasto/ do the same for tools that only look at files; nothing that is installed needs them.
"""

from setuptools import find_packages, setup

ROOMS = ("commands", "easel", "engine", "model_checkpoints", "packing", "plugin_gimp", "plugin_krita", "protocol")
# Links for pyright and import-linter alone: what installers bring beside a plugin lies there as its own.
LINKS = [f"impasto.{name}" for room in ("easel", "protocol") for name in (room, f"{room}.*")]

setup(
    packages=[
        "impasto",
        *(
            f"impasto.{name}"
            for room in ROOMS
            for name in (room, *(f"{room}.{inner}" for inner in find_packages(room, exclude=LINKS)))
        ),
    ],
    package_dir={"impasto": "impasto", **{f"impasto.{room}": room for room in ROOMS}},
)
