"""Networks of transformers, built from a folder's settings and weights: nothing is fetched, nothing in it is run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from impasto.engine.errors import ImpastoError
from impasto.engine.installing import install
from impasto.engine.segment.networks.checkpoints import CONFIG

_FACTOR, _MORE = 1.5, 1 << 20  # numbers that a network may have more than its weights: what is shared, or worked out


def check_installed(what: str) -> None:
    """Raise ImpastoError if torch or transformers are not installed; what: whoever needs them."""
    try:
        import torch  # noqa: F401
        import transformers  # noqa: F401
    except ImportError as error:
        raise ImpastoError(f"{what} need {error.name}, which is not installed; {install('panoptic')}") from error


def device_called(name: str) -> str:
    """A device of torch's: auto is a GPU if there is one. Raises ImpastoError if it is not there."""
    import torch

    if name == "auto":
        if torch.cuda.is_available():
            return "cuda"
        return "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        torch.empty(1, device=name)
    except (RuntimeError, AssertionError) as error:
        raise ImpastoError(f"there is no device {name} here; choose cpu or auto") from error
    return name


def built(folder: Path, kind: Any, settings: dict[str, Any], weights: dict[str, Any]) -> Any:
    """A network of a class of transformers', in float32.

    Raises ImpastoError if its settings are damaged, do not fit its weights, or if some of these are missing. How large
    it would be is known from its settings, and compared with its weights, before it takes any memory.
    """
    import torch

    try:
        config = kind.config_class.from_dict(settings)
        with torch.device("meta"):  # shapes without numbers
            wanted = sum(parameter.numel() for parameter in kind(config).parameters())
        there = sum(weight.numel() for weight in weights.values())
        if wanted > _FACTOR * there + _MORE:
            raise ValueError(f"{wanted} numbers are wanted and {there} are there")
        network, report = kind.from_pretrained(
            None,
            config=config,
            state_dict=weights,
            dtype=torch.float32,
            attn_implementation="eager",  # a checkpoint could name one that is fetched and run
            output_loading_info=True,
        )
    except Exception as error:  # hostile settings make it raise anything
        if isinstance(error, MemoryError):
            raise
        raise ImpastoError(
            f"{folder} is no usable network: its weights do not fit its {CONFIG}, or that is damaged "
            f"({first_line(error)}); fetch it again"
        ) from error
    learned = {name for name, _ in network.named_parameters()}
    if missing := sorted(learned & set(report["missing_keys"])):
        raise ImpastoError(
            f"{folder} lacks weights of {kind.__name__} ({missing[0]} and {len(missing) - 1} more); fetch it again"
        )
    return network


@contextmanager
def quiet() -> Iterator[None]:
    """Keep transformers from drawing bars and telling about weights; what matters is said by us."""
    from transformers.utils import logging

    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity(50)  # critical
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()


def first_line(error: Exception) -> str:
    """The beginning of what an error says."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:120].rstrip(".")
