"""The networks Impasto can use: which there are, where they are on this computer, and whether they are whole.

`model_checkpoints/manifest.toml` lists them. Fetched ones are folders beside it when Impasto runs from its sources,
else in the user's data folder; `IMPASTO_MODELS` names another place. In each lies a record of what came, since most
checksums are not known beforehand: trust on first use. `engine.segment.networks.hub` fetches.
"""

import json
import os
import re
import sys
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from impasto.engine.errors import ImpastoError
from impasto.engine.segment.networks.download import Expected, difference

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # pyright: ignore[reportMissingImports]

RECORD = "impasto-model.json"
TASKS = ("panoptic", "semantic", "foreground", "features", "words")
HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)
_MANIFEST = Path(__file__).resolve().parents[3] / "model_checkpoints" / "manifest.toml"
_MOST_RECORD = 10_000_000  # bytes


@dataclass(frozen=True)
class Model:
    """A network, as the manifest has it."""

    name: str
    task: str
    licence: str
    megabytes: float
    """About how much comes."""
    purpose: str
    hub: str = ""
    """Its id on the hub, owner/name; empty if it comes from elsewhere."""
    revision: str = "main"
    package: str = ""
    """The Python package it comes inside of; such a network is not fetched."""
    url: str = ""
    """Where an archive (.tgz) with it is, if it is on no hub."""
    archive: dict[str, Any] = field(default_factory=dict)
    """Size and sha256 of that archive, and `folder`, where in it the files lie."""
    files: tuple[dict[str, Any], ...] = ()
    """Name, and if known size and sha256, of each file; none if the hub is to be asked which there are."""

    @property
    def expected(self) -> dict[str, Expected]:
        """What is known of the files whose checksum is."""
        return {f["name"]: Expected(f["size"], f["sha256"]) for f in self.files if f.get("sha256")}


@cache
def manifest() -> dict[str, Model]:
    """All networks of the manifest by name, in its order: of several that are there, `auto` takes the first.

    Raises ImpastoError if the manifest is damaged.
    """
    try:
        tables = tomllib.loads(_MANIFEST.read_text(encoding="utf-8"))["models"]
        models = [Model(**table | {"files": tuple(table.get("files", ()))}) for table in tables]
        return {model.name: model for model in models}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ImpastoError(f"the list of networks {_MANIFEST} is missing or damaged; install Impasto again") from error


def find_model(name: str) -> Model:
    """The network of a name in the manifest or an id on the hub. Raises ImpastoError if it is neither."""
    for model in manifest().values():
        if name and name in (model.name, model.hub):
            return model
    if HUB_ID.fullmatch(name) and ".." not in name:
        return Model(name.replace("/", "--"), "panoptic", "see its page on the hub", 0, "", hub=name)
    close = get_close_matches(name, manifest(), 1)
    guess = f"did you mean {close[0]}" if close else "`impasto models list` shows those there are"
    raise ImpastoError(f"there is no network {name!r}; {guess}")


def store() -> Path:
    """The folder fetched networks are kept in, which may not be there yet."""
    if home := os.environ.get("IMPASTO_MODELS"):
        return Path(home)
    if (_MANIFEST.parents[1] / "pyproject.toml").exists():
        return _MANIFEST.parent
    from platformdirs import user_data_path

    return user_data_path("impasto", appauthor=False) / "models"


def folder_of(model: Model) -> Path | None:
    """Where a network is on this computer, or None: among the fetched ones, or in the hub's own cache."""
    try:
        return _folder_of(model)
    except RuntimeError:  # this user has no folder
        return None


def _folder_of(model: Model) -> Path | None:
    fetched = store() / model.name
    if (fetched / RECORD).is_file():
        return fetched
    if model.hub:
        owner_name = model.hub.replace("/", "--")
        home = Path(os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface")
        cached = Path(os.environ.get("HF_HUB_CACHE") or home / "hub") / f"models--{owner_name}"
        try:
            commit = (cached / "refs" / model.revision).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            return None
        snapshot = cached / "snapshots" / commit
        if re.fullmatch("[0-9a-f]{40}", commit) and (snapshot / "config.json").is_file():
            return snapshot
    return None


def find_folder(name: str) -> Path:
    """The folder of a network: `name` is a folder itself, a name in the manifest or an id on the hub.

    Raises ImpastoError if it is not on this computer, with the command that fetches it; nothing is fetched here.
    """
    path = Path(name)
    if path.is_dir():
        return path
    if name.startswith((".", "~", os.sep)) or path.is_absolute():
        raise ImpastoError(f"there is no folder {name}; check its name, or fetch a network with `impasto models fetch`")
    model = find_model(name)
    if (folder := folder_of(model)) is None:
        raise ImpastoError(f"the network {name} is not on this computer; run `impasto models fetch {name}`")
    return folder


def first_there(*tasks: str) -> Path | None:
    """The folder of the first network of the manifest for one of these tasks that is on this computer, or None."""
    folders = (folder_of(model) for model in manifest().values() if model.task in tasks and not model.package)
    return next((folder for folder in folders if folder is not None), None)


def verify(model: Model) -> list[str]:
    """Say what is wrong with a network that is on this computer, file by file; nothing if it is as it came.

    Raises ImpastoError if it is not on this computer.
    """
    if model.package:
        return _differences(_package_folder(model), model.expected)
    folder = store() / model.name
    if not (folder / RECORD).is_file():
        raise ImpastoError(f"the network {model.name} has not been fetched; run `impasto models fetch {model.name}`")
    try:
        recorded = read_record(folder)
    except ImpastoError as error:
        return [str(error)]
    pinned = [
        f"{name}: the manifest knows it otherwise" for name, e in model.expected.items() if recorded.get(name) != e
    ]
    return pinned + _differences(folder, recorded)


def write_record(folder: Path, model: Model, source: str, files: dict[str, Expected]) -> None:
    """Note in a folder what came into it and from where. Raises OSError."""
    content = {
        "name": model.name,
        "source": source,
        "files": {name: {"size": e.size, "sha256": e.sha256} for name, e in sorted(files.items())},
    }
    (folder / RECORD).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def read_record(folder: Path) -> dict[str, Expected]:
    """What came into a folder, by the record in it. Raises ImpastoError if that is damaged."""
    path = folder / RECORD
    try:
        with path.open("rb") as stream:
            content = json.loads(stream.read(_MOST_RECORD))
        files = {str(name): Expected(int(f["size"]), str(f["sha256"])) for name, f in content["files"].items()}
        if not files or not all(re.fullmatch(r"[\w.-]+", name) and e.sha256 for name, e in files.items()):
            raise ValueError("no files")
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ImpastoError(f"{path} is damaged; fetch the network again with --force") from error
    return files


def is_there(model: Model) -> bool:
    """Tell whether a network is on this computer."""
    if not model.package:
        return folder_of(model) is not None
    try:
        return all((_package_folder(model) / f["name"]).is_file() for f in model.files)
    except ImpastoError:
        return False


def _package_folder(model: Model) -> Path:
    from importlib.util import find_spec

    found = find_spec(model.package.replace("-", "_"))
    if found is None or found.origin is None:
        raise ImpastoError(f"the package {model.package} is not installed; run pip install {model.package}")
    return Path(found.origin).parent


def _differences(folder: Path, files: dict[str, Expected]) -> list[str]:
    problems = []
    for name, expected in files.items():
        try:
            problem = difference(folder / name, expected)
        except FileNotFoundError:
            problem = "it is missing"
        except OSError as error:
            problem = f"it cannot be read ({error.strerror})"
        if problem:
            problems.append(f"{name}: {problem}")
    return problems
