"""By a network that names things.

That is a panoptic or a semantic one, through transformers. DETR (the paper's), Mask2Former, MaskFormer, OneFormer and
EoMT find things and stuff; SegFormer, UPerNet and the like stuff only. A network is a folder with its files, as
`impasto models fetch` makes it. Importing this module loads neither torch nor transformers; nothing here reaches the
network.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import ndimage

from impasto.engine.errors import ImpastoError
from impasto.engine.files import AnyPath
from impasto.engine.pictures.io import Picture
from impasto.engine.segment import DEFAULT_METHOD, FindOptions, Method
from impasto.engine.segment.colours import cielab, seen
from impasto.engine.segment.edges import soft_masks
from impasto.engine.segment.networks.checkpoints import CONFIG, PROCESSOR, read_config, read_weights, weight_files
from impasto.engine.segment.networks.models import find_folder, first_there
from impasto.engine.segment.networks.timm_backbone import has_timm_backbone, without_timm
from impasto.engine.segment.networks.transformer import built, check_installed, device_called, first_line, quiet
from impasto.engine.segment.ordering import kind_of
from impasto.engine.segment.regions import MOST_REGIONS, REST, Region, Regions, clean_name, unique_names

if TYPE_CHECKING:
    from PIL.Image import Image

NAME = "panoptic"
ANALYSED = 640  # longer side of the map asked of the network; its own is a quarter of its input's at best
SHOWN = 1333  # longer side of the picture it is shown; it makes it smaller still
_SPECK = 0.0005  # share of the picture below which a region is given to its neighbours
_GAP = 0.01  # share of the picture below which what nobody claimed is given to the neighbours
_TASK = "panoptic"
_TASKS = ("panoptic", "semantic")  # of networks in the manifest that will do


@dataclass(frozen=True)
class Found:
    """What a network found."""

    labels: np.ndarray
    """(H, W) int32: 0 where there is nothing, else which one has the pixel, 1..K."""
    names: list[str]
    scores: list[float]


class Segmenter:
    """A network, loaded and ready."""

    def __init__(self, folder: AnyPath, device: str = "auto", allow_pickle: bool = False) -> None:
        """Load the network in `folder` to a device: auto (a GPU if there is one), cpu, cuda, cuda:1 or mps.

        On CUDA and ROCm it is run in half precision where PyTorch's autocast knows that a layer tolerates it.

        Raises ImpastoError if torch or transformers are not installed, if the device is not there, and for all
        that is wrong with the folder: no network, one that is not for segmentation, weights that are missing,
        damaged, only pickled while `allow_pickle` is False, or do not fit the settings.
        """
        folder = Path(folder)
        if not folder.is_dir():
            raise ImpastoError(f"there is no folder {folder}; fetch a network with `impasto models fetch`")
        settings = read_config(folder, CONFIG)
        read_config(folder, PROCESSOR)
        files = weight_files(folder, allow_pickle)
        check_installed("networks that name regions")
        with quiet():
            self._device = device_called(device)
            kind, self._semantic = _kind(folder, settings)
            weights = read_weights(files)
            if settings["model_type"] == "detr" and has_timm_backbone(weights):
                settings, weights = without_timm(settings, weights)
            self._network = built(folder, kind, settings, weights).to(self._device).eval()
            self._processor = _processor(folder, kind)
        labels = self._network.config.id2label.items()
        self._names = {int(number): clean_name(str(name).split(",")[0]) for number, name in labels}

    def __call__(self, picture: Picture, size: int = 1024) -> Regions:
        """Find the regions of a picture, in painting order; masks as `engine.segment.methods.unsupervised` makes them.

        What nobody claimed is the region rest, unless it is little; then it falls to the neighbours. Raises
        ImpastoError if the network fails on the picture.
        """
        found = self.found(picture)
        labels, regions = tidied(found)
        warnings = () if len(regions) > 1 or regions[0].kind != "rest" else ("the network found nothing",)
        masks = soft_masks(labels, cielab(seen(picture, size)), len(regions))
        return Regions(masks, tuple(regions), NAME, warnings).ordered()

    def found(self, picture: Picture) -> Found:
        """Return the network's own answer. Raises ImpastoError if it fails on the picture."""
        import torch
        from PIL import Image

        image = Image.fromarray((seen(picture, SHOWN) * 255 + 0.5).astype(np.uint8))
        scale = min(1.0, ANALYSED / max(image.size))
        size = max(1, round(image.height * scale)), max(1, round(image.width * scale))
        with quiet(), torch.inference_mode():
            try:
                with self._halved():
                    answer = self._network(**self._inputs(image).to(self._device))
                answer = _in_float32(answer)
                result = self._processed(answer, size)
            except torch.OutOfMemoryError as error:
                raise ImpastoError(f"{self._device} lacks the memory for this network; add --device cpu") from error
            except Exception as error:  # settings that fit together on paper only make it raise anything
                if isinstance(error, MemoryError):
                    raise
                name = type(self._network).__name__
                raise ImpastoError(
                    f"{name} failed on this picture ({first_line(error)}); choose another network"
                ) from error
            return self._semantic_map(answer, result) if self._semantic else self._panoptic_map(result, size)

    def _halved(self) -> Any:
        """Half precision for products and convolutions, float32 for sums, norms and what decides; on such GPUs only.

        Weights stay float32, so that the same network serves either. float16, with more digits than bfloat16: logits
        are compared, and no gradient can vanish.
        """
        import torch

        return torch.autocast("cuda", torch.float16, enabled=self._device.startswith("cuda"))

    def _inputs(self, image: "Image") -> Any:
        more = {"task_inputs": [_TASK]} if self._network.config.model_type == "oneformer" else {}
        return self._processor(images=image, return_tensors="pt", **more)

    def _processed(self, answer: Any, size: tuple[int, int]) -> Any:
        """A map of semantic labels, or a table with a map of segments and a list of what is known of each."""
        if self._semantic:
            return self._processor.post_process_semantic_segmentation(answer, target_sizes=[size])[0]
        # OneFormer's map is taken as coarse as it is: without torchvision, transformers 5.23 fails to enlarge it.
        fine = self._network.config.model_type != "oneformer"
        return self._processor.post_process_panoptic_segmentation(
            answer,
            label_ids_to_fuse={number for number, name in self._names.items() if kind_of(name) == "stuff"},
            target_sizes=[size] if fine else None,
        )[0]

    def _panoptic_map(self, result: dict[str, Any], size: tuple[int, int]) -> Found:
        # Where nothing is found the map is -1 everywhere, 0 everywhere or None, depending on the network.
        segments = {each["id"]: each for each in reversed(result["segments_info"])}  # fused ones are listed often
        if not segments or result["segmentation"] is None:
            return Found(np.zeros(size, np.int32), [], [])
        numbers = result["segmentation"].cpu().numpy().astype(np.int64)
        return self._gathered(numbers, {i: (s["label_id"], float(s["score"])) for i, s in segments.items()})

    def _semantic_map(self, answer: Any, result: Any) -> Found:
        if isinstance(result, dict):
            result = result["segmentation"]
        numbers = result.cpu().numpy().astype(np.int64)
        probability, winner = (part[0].cpu().numpy() for part in answer.logits.float().softmax(1).max(1))
        scores = {i: probability[winner == i] for i in np.unique(numbers).tolist()}
        means = {i: (i, float(each.mean()) if each.size else 0.0) for i, each in scores.items()}
        return self._gathered(numbers, means)

    def _gathered(self, numbers: np.ndarray, segments: dict[int, tuple[int, float]]) -> Found:
        labels = np.zeros(numbers.shape, np.int32)
        names, scores = [], []
        for number, (label, score) in segments.items():
            mask = numbers == number
            if mask.any():
                names.append(self._names.get(label, f"label {label}"))
                scores.append(min(1.0, max(0.0, score)) if np.isfinite(score) else 0.0)
                labels[mask] = len(names)
        return Found(labels, names, scores)


def tidied(found: Found) -> tuple[np.ndarray, list[Region]]:
    """Labels (H, W) in 0..K-1 and the K regions, each with pixels, of what a network found.

    Specks and small gaps fall to the nearest region; a larger gap is the rest. Of more than 255 regions the
    smallest are specks as well.
    """
    areas = np.bincount(found.labels.ravel(), minlength=len(found.names) + 1)
    kept = np.flatnonzero(areas[1:] >= max(1, _SPECK * found.labels.size)) + 1
    kept = np.sort(kept[np.argsort(-areas[kept], kind="stable")][: MOST_REGIONS - 1])
    if not len(kept):
        return np.zeros(found.labels.shape, np.int64), [Region(REST, "rest", 1.0)]
    gap = found.labels == 0
    if gap.mean() < _GAP:
        gap[:] = False
    number = np.full(len(areas), -1)
    number[kept] = np.arange(len(kept))
    labels = number[found.labels]
    labels[gap] = len(kept)
    homeless = labels < 0
    if homeless.any():
        nearest: Any = ndimage.distance_transform_edt(homeless, return_distances=False, return_indices=True)
        labels = labels[tuple(nearest)]
    names = unique_names([*(found.names[row - 1] for row in kept), *([REST] if gap.any() else [])])
    regions = [
        Region(name, kind_of(found.names[row - 1]), found.scores[row - 1])
        for name, row in zip(names[: len(kept)], kept, strict=True)
    ]
    return labels, [*regions, *(Region(name, "rest", 1.0) for name in names[len(kept) :])]


def _in_float32(answer: Any) -> Any:
    """The same answer of a network with its floating-point tensors as float32, for what is computed from them."""
    import torch

    for name, value in answer.items():
        if isinstance(value, torch.Tensor) and value.is_floating_point():
            answer[name] = value.float()
    return answer


def _kind(folder: Path, settings: dict[str, Any]) -> tuple[Any, bool]:
    """The class of the network, and whether it is a semantic one."""
    import transformers
    from transformers.models.auto import modeling_auto

    name: Any = settings.get("model_type")
    for what, semantic in (("UNIVERSAL", False), ("SEMANTIC", True)):
        classes: dict[str, str] = getattr(modeling_auto, f"MODEL_FOR_{what}_SEGMENTATION_MAPPING_NAMES")
        if isinstance(name, str) and name in classes:
            return getattr(transformers, classes[name]), semantic
    raise ImpastoError(
        f"{folder} holds a network of the kind {str(name)[:40]!r}, which does not divide pictures; fetch one of "
        "`impasto models list`"
    )


def _processor(folder: Path, kind: Any) -> Any:
    from transformers import AutoImageProcessor, AutoTokenizer, OneFormerProcessor

    only: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    try:
        if kind.config_class.model_type != "oneformer":
            return AutoImageProcessor.from_pretrained(folder, backend="pil", **only)
        # Its class file is for training only, and would be read from wherever the settings say.
        images = AutoImageProcessor.from_pretrained(folder, backend="pil", class_info_file=None, **only)
        return OneFormerProcessor(images, AutoTokenizer.from_pretrained(folder, **only))
    except Exception as error:
        if isinstance(error, MemoryError):
            raise
        raise ImpastoError(f"{folder / PROCESSOR} is damaged ({first_line(error)}); fetch the network again") from error


def _find(picture: Picture, size: int, options: FindOptions) -> Regions:
    folder = first_there(*_TASKS) if options.model is None else find_folder(options.model)
    if folder is None:
        raise ImpastoError(
            "no network that names regions is on this computer; run `impasto models fetch "
            f"mask2former-swin-tiny-coco-panoptic`, or choose the method {DEFAULT_METHOD}"
        )
    return Segmenter(folder, options.device, options.allow_pickle)(picture, size)


def _is_ready(model: str | None) -> bool:
    """A model that was asked for is at least tried."""
    return model is not None or first_there(*_TASKS) is not None


METHOD = Method(_find, _is_ready, takes_model=True)
