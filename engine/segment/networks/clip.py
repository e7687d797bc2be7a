"""A network of the CLIP family: how like words and pictures are. Importing this module loads neither torch nor more."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from impasto.engine.errors import ImpastoError
from impasto.engine.segment.features import one_thread
from impasto.engine.segment.networks.checkpoints import CONFIG, PROCESSOR, read_config, read_weights, weight_files
from impasto.engine.segment.networks.transformer import built, check_installed, first_line, quiet

if TYPE_CHECKING:
    from torch import Tensor

TASK, NAME = "words", "clip"  # of such networks in the manifest, and the one to fetch
_MEAN, _DEVIATION = (
    (0.48145466, 0.4578275, 0.40821073),
    (0.26862954, 0.26130258, 0.27577711),
)  # if none are said


class Clip:
    """A CLIP, loaded and ready, on the CPU. What it computes depends on no number of threads: it has one.

    Attributes:
        side: of the square pictures that it sees, pixels.

    Raises ImpastoError if torch or transformers are not installed, and for all that is wrong with the folder: another
    network, words' list or weights that are missing, damaged, only pickled, or do not fit the settings.
    """

    def __init__(self, folder: Path) -> None:
        settings = read_config(folder, CONFIG)
        if settings.get("model_type") != "clip":
            raise ImpastoError(f"{folder} holds no network that knows words; run `impasto models fetch {NAME}`")
        pixels = read_config(folder, PROCESSOR)
        files = weight_files(folder)
        check_installed("networks that know words")
        with quiet():
            from transformers import CLIPModel

            self._network = built(folder, CLIPModel, settings, read_weights(files)).eval().requires_grad_(False)
            self._tokenizer = _tokenizer(folder)
        self.side = int(self._network.config.vision_config.image_size)
        self._longest = int(self._network.config.text_config.max_position_embeddings)
        self._mean, self._deviation = (
            _three(pixels.get(name), usual) for name, usual in (("image_mean", _MEAN), ("image_std", _DEVIATION))
        )

    def of_texts(self, texts: Sequence[str]) -> Tensor:
        """What N texts mean, as vectors (N, D) of length 1. Raises ImpastoError if the network fails."""
        import torch

        with one_thread(), torch.no_grad(), quiet():
            try:
                tokens = self._tokenizer(
                    list(texts), padding=True, truncation=True, max_length=self._longest, return_tensors="pt"
                )
                found = self._network.get_text_features(tokens["input_ids"], tokens["attention_mask"])
            except Exception as error:  # a list of words that fits the network on paper only
                if isinstance(error, MemoryError):
                    raise
                raise ImpastoError(
                    f"the network for words failed ({first_line(error)}); run `impasto models fetch {NAME} --force`"
                ) from error
            return _of_length_1(found)

    def of_pixels(self, pictures: Tensor) -> Tensor:
        """What pictures (N, 3, side, side) in 0..1 show, as vectors (N, D) of length 1; gradients flow through it."""
        import torch

        mean, deviation = (torch.tensor(each)[None, :, None, None] for each in (self._mean, self._deviation))
        return _of_length_1(self._network.get_image_features((pictures - mean) / deviation))

    def of_pictures(self, pictures: Sequence[np.ndarray]) -> Tensor:
        """What pictures (H, W, 3) uint8 show, as vectors (N, D) of length 1."""
        import torch
        from PIL import Image

        shown = [Image.fromarray(each).resize((self.side, self.side), Image.Resampling.BICUBIC) for each in pictures]
        with one_thread(), torch.no_grad():
            stacked = torch.from_numpy(np.stack([np.asarray(each) for each in shown])).permute(0, 3, 1, 2) / 255
            return self.of_pixels(stacked)


def _tokenizer(folder: Path) -> Any:
    from transformers import CLIPTokenizer

    try:
        return CLIPTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as error:
        if isinstance(error, MemoryError):
            raise
        raise ImpastoError(
            f"{folder} lacks its list of words, or that is damaged ({first_line(error)}); fetch the network again"
        ) from error


def _three(given: Any, usual: tuple[float, float, float]) -> tuple[float, float, float]:
    """Numbers of three channels, as settings have them; the usual ones if they have no such."""
    numbers = given if isinstance(given, list) and len(given) == 3 else usual
    ok = all(isinstance(each, int | float) and 0 < each < 1e3 for each in numbers)
    red, green, blue = map(float, numbers if ok else usual)
    return red, green, blue


def _of_length_1(found: Any) -> Tensor:
    from torch.nn import functional

    vectors = found if not hasattr(found, "pooler_output") else found.pooler_output
    return functional.normalize(vectors.float(), dim=-1)
