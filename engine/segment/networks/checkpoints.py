"""A folder with a network's files, checked before anything of it is loaded: it may come from anywhere.

Expected is what Hugging Face's transformers saves: `config.json`, `preprocessor_config.json` and the weights as
safetensors. Pickled weights (`pytorch_model.bin`) can carry code; they are read only where the user says so, and even
then only tensors are unpickled.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from impasto.engine.errors import ImpastoError
from impasto.engine.files import open_input

if TYPE_CHECKING:
    from torch import Tensor

CONFIG, PROCESSOR = "config.json", "preprocessor_config.json"
SAFE, SAFE_INDEX = "model.safetensors", "model.safetensors.index.json"
PICKLED, PICKLED_INDEX = "pytorch_model.bin", "pytorch_model.bin.index.json"

_MOST_JSON = 50_000_000  # bytes; an index of shards has some 100,000
_LARGEST_NUMBER = {CONFIG: 1_000_000, PROCESSOR: 8192}  # widths, token numbers; sides of pictures
_MOST_LAYERS = 512
_UNSAFE_SETTINGS = ("auto_map", "quantization_config", "transformers_weights", "use_pretrained_backbone")


def read_config(folder: Path, name: str) -> dict[str, Any]:
    """Read a settings file of a checkpoint, without what would run code or reach beyond the folder.

    Raises ImpastoError if it is missing, no JSON object, or holds numbers no such network has.
    """
    path = folder / name
    settings = _json_object(path)
    _check_numbers(path, settings, _LARGEST_NUMBER[name])
    return _without(settings, _UNSAFE_SETTINGS)


def weight_files(folder: Path, allow_pickle: bool = False) -> list[Path]:
    """List the files with a checkpoint's weights, safetensors if there are any.

    Raises ImpastoError if there are none, or only pickled ones while `allow_pickle` is False, or if an index
    names files that are missing or outside the folder.
    """
    safe = _listed(folder, SAFE, SAFE_INDEX)
    if safe:
        return safe
    pickled = _listed(folder, PICKLED, PICKLED_INDEX)
    if not pickled:
        raise ImpastoError(f"{folder} has no {SAFE}; give the whole folder of a network, or fetch it again")
    if not allow_pickle:
        raise ImpastoError(
            f"{folder} has its weights only as pickles ({pickled[0].name}), which can run code; get {SAFE}, or "
            "add --allow-pickle if you trust where they come from"
        )
    return pickled


def read_weights(files: list[Path]) -> dict[str, "Tensor"]:
    """Read all tensors of these files. Raises ImpastoError for a file that is damaged or holds anything else."""
    import torch
    from safetensors.torch import load_file

    weights: dict[str, Tensor] = {}
    for path in files:
        open_input(path).close()
        try:
            if path.suffix == ".safetensors":
                part = load_file(path)
            else:
                part = torch.load(path, map_location="cpu", weights_only=True)
            if not all(isinstance(key, str) and isinstance(value, torch.Tensor) for key, value in part.items()):
                raise TypeError("not a table of tensors")
        except Exception as error:  # damaged or hostile files raise almost anything
            if isinstance(error, MemoryError):
                raise
            raise ImpastoError(
                f"{path} is damaged or holds something else than weights; fetch the network again"
            ) from error
        weights |= part
    return weights


def _json_object(path: Path) -> dict[str, Any]:
    with open_input(path) as stream:
        text = stream.read(_MOST_JSON + 1)
    try:
        if len(text) > _MOST_JSON:
            raise ValueError("too long")
        settings = json.loads(text)
        if not isinstance(settings, dict):
            raise TypeError("not an object")
    except (ValueError, TypeError, RecursionError) as error:  # JSON that is damaged, nested too deep, no UTF-8
        raise ImpastoError(f"{path} is damaged or no settings of a network; fetch the network again") from error
    return settings


def _listed(folder: Path, single: str, index: str) -> list[Path]:
    """The file with all weights, or those its index names."""
    if (folder / single).exists():
        return [folder / single]
    if not (folder / index).exists():
        return []
    table = _json_object(folder / index).get("weight_map")
    names = sorted(set(map(str, table.values()))) if isinstance(table, dict) else []
    suffix = Path(single).suffix
    if not names or not all(re.fullmatch(r"[\w.-]+", name) and name.endswith(suffix) for name in names):
        raise ImpastoError(f"{folder / index} is damaged or names files elsewhere; fetch the network again")
    return [folder / name for name in names]


def _check_numbers(path: Path, settings: dict[str, Any], largest: int) -> None:
    """Refuse what would only fill the memory: a network of a billion channels or of thousands of layers in all."""
    layers = 0
    for name, value in _leaves(settings):
        if isinstance(value, bool) or not isinstance(value, int | float):
            continue
        counted = re.search("layers$|depths|blocks$", name) is not None
        most = _MOST_LAYERS if counted else largest
        layers += abs(value) if counted else 0
        if not (abs(value) <= most and layers <= 2 * _MOST_LAYERS):  # false for NaN as well
            raise ImpastoError(f"{path} says {name} is {value}, over {most}; this is no network Impasto can use")


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, str(key))
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item, name)
    else:
        yield name, value


def _without(value: Any, names: tuple[str, ...]) -> Any:
    if isinstance(value, dict):
        return {key: _without(item, names) for key, item in value.items() if key not in names}
    return [_without(item, names) for item in value] if isinstance(value, list) else value
