"""What to run to add an extra of Impasto's, from where this Impasto itself was installed.

Never the bare name: what an index has under it need not be ours.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.metadata import Distribution

NAME = "impasto"
BROUGHT = "installed.json"  # beside the environment of an engine that Krita's docker has made, which has no pip


def install(extra: str) -> str:
    """The command, as a clause, that adds an extra such as "daemon": "run pip install -e '/home/me/impasto[daemon]'".

    An installation from a folder, a file or a version control system is named as it was given (PEP 610, the file
    direct_url.json); where that is gone or not known, the packages are that the extra consists of.
    """
    if (Path(sys.prefix).parent / BROUGHT).is_file():
        if extra == "regions":
            return "in Krita, open the settings of Impasto's engine and press Add regions"
        return f"install Impasto with its extra {extra} by itself, as an engine that Krita's docker made has no pip"
    return f"run {_pip()} install {_what(extra)}"


def _pip() -> str:
    """The pip of this Python, as short as a shell finds it."""
    found = shutil.which("pip")
    beside = found is not None and Path(found).parent == Path(sys.executable).parent
    return "pip" if beside else f"{_quoted(sys.executable)} -m pip"


def _what(extra: str) -> str:
    from importlib.metadata import PackageNotFoundError, distribution
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    checkout = Path(__file__).resolve().parents[1]
    if (checkout / "pyproject.toml").is_file():
        return f"-e {_quoted(f'{checkout}[{extra}]')}"
    try:
        ours = distribution(NAME)
    except PackageNotFoundError:  # copied here by hand, nobody knows from where
        return f"the extra {extra} of {NAME}"
    origin = _origin(ours)
    url = str(origin.get("url", ""))
    if origin.get("vcs_info"):
        control, commit = (origin["vcs_info"].get(key) for key in ("vcs", "commit_id"))
        return _quoted(f"{NAME}[{extra}] @ {control}+{url}@{commit}")
    path = Path(url2pathname(urlsplit(url).path)) if url.startswith("file:") else None
    if path is not None and path.exists():
        return _quoted(f"{path}[{extra}]")
    if url.startswith(("http:", "https:")):
        return _quoted(f"{NAME}[{extra}] @ {url}")
    return " ".join(_quoted(package) for package in dict.fromkeys(_packages(ours, extra)))


def _origin(ours: Distribution) -> dict:
    """What pip noted of where it came from; nothing if it did not, or not as it should."""
    try:
        origin = json.loads(ours.read_text("direct_url.json") or "{}")
    except ValueError:
        return {}
    sound = isinstance(origin, dict) and isinstance(origin.get("vcs_info", {}), dict)
    return origin if sound else {}


def _packages(ours: Distribution, extra: str) -> Iterator[str]:
    for line in ours.requires or []:
        package, _, marker = line.partition(";")
        wanted = dict(re.findall(r"(extra|platform_system)\s*==\s*['\"]([\w.-]+)['\"]", marker))
        if wanted.get("extra") != extra or wanted.get("platform_system", platform.system()) != platform.system():
            continue
        own = re.fullmatch(rf"{NAME}\[([\w,-]+)\]", package.replace(" ", ""))
        if own is None:
            yield package.strip()
        else:
            for other in own[1].split(","):
                yield from _packages(ours, other)


def _quoted(text: str) -> str:
    if re.fullmatch(r"[\w./:@+=-]+", text):
        return text
    mark = '"' if os.name == "nt" else "'"
    return f"{mark}{text}{mark}"
