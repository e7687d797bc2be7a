"""Why no engine could be installed, as a sentence with what to do: what brings it says a code and facts."""

from __future__ import annotations

from typing import Any

from .words import editor, tr


def size(count: Any) -> str:
    """Bytes in words: "126 MB"."""
    megabytes = float(count) / 1e6
    return tr("{count} GB").format(count=f"{megabytes / 1000:.1f}") if megabytes >= 1000 else _megabytes(megabytes)


def _megabytes(megabytes: float) -> str:
    return tr("{count} MB").format(count=f"{megabytes:.0f}" if megabytes >= 10 else f"{megabytes:.1f}")


def failure_sentence(code: str, facts: dict[str, Any]) -> str:
    """The sentence of a code; one that is not known is said as it is."""
    if code == "unreachable":
        facts = {**facts, "wanted": " ".join(f"'{name}'" for name in facts.get("wanted", []))}
    if code == "space":
        facts = {**facts, "needed": size(facts.get("needed", 0)), "free": size(facts.get("free", 0))}
    words = _sentences().get(code)
    if words is None:
        return str(facts.get("sentence") or tr("The engine could not be installed ({code}).").format(code=code))
    try:
        return words.format(**{"editor": editor(), **facts})
    except (KeyError, IndexError):
        return words


def _sentences() -> dict[str, str]:
    return {
        "no-uv": tr(
            "No Python could be fetched: {host} did not give uv, which fetches it ({why}). Look after the network and "
            "try again, or install Python 3.13 from python.org."
        ),
        "no-uv-python": tr(
            "No Python could be fetched ({why}). Look after the network and try again, set UV_PYTHON_INSTALL_MIRROR to "
            "a mirror, or install Python 3.13 from python.org."
        ),
        "unreachable": tr(
            "{host} cannot be reached ({why}). Look after the network, or its proxy or mirror in the settings of pip, "
            "and try again: what was fetched is kept. Without a network, run on another computer of this kind: "
            "python -m pip download --only-binary=:all: {wanted}, put the files into {folder}, and try again."
        ),
        "torch": tr(
            "{host}, which has PyTorch for processors, cannot be reached ({why}). Look after the network and try "
            "again, set IMPASTO_TORCH_INDEX to a mirror of it, or put the file from {address} into {folder}."
        ),
        "cuda": tr(
            "There is no small PyTorch for processors to be had, only the large one for graphics cards; set "
            "IMPASTO_TORCH_INDEX to an index that has it, and start {editor} again."
        ),
        "nothing-fits": tr(
            "For Python {python} on this computer a package is not to be had ({why}). Install another Python, 3.13 "
            "say, and try again."
        ),
        "cut": tr(
            "{host} cut off {name} again and again ({why}). What came is kept: try again later, and it goes on there."
        ),
        "damaged": tr(
            "{name} came damaged from {host}, twice, and was thrown away; try again, or look after the proxy or mirror."
        ),
        "space": tr("{folder} needs {needed}, and {free} are free; free some, and try again."),
        "full": tr("The disk of {folder} is full; free some, and try again: what was fetched is kept."),
        "folder": tr(
            "{folder} cannot be written ({why}); change its permissions, or set IMPASTO_HOME to another folder and "
            "start {editor} again."
        ),
        "newer": tr(
            "The engine that is here is Impasto {there}, newer than this plugin ({ours}), and stays. Import the newer "
            "plugin, or remove the engine in its settings first."
        ),
        "busy": tr("Another program is installing the engine; wait until it has done so."),
        "no-wheels": tr("{folder} is not as it came; import the plugin again."),
        "not-installed": tr("What was fetched cannot be installed ({why}); try again, or report it with the details."),
        "ended": tr("Installing ended before it was done ({why}); try again: what was fetched is kept."),
    }  # fmt: skip
