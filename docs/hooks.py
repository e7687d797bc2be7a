"""What mkdocs cannot do by itself: pages that lie in the root of the sources, and equations without scripts."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

from latex2mathml.converter import convert
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

_ROOT = Path(__file__).resolve().parents[1]
_FROM_THE_ROOT = {"CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Fences that are called math hold equations."""
    fences = [{"name": "math", "class": "math", "format": math}]
    config.mdx_configs["pymdownx.superfences"] = {"custom_fences": fences}
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the root's pages, whose links into docs/ lie beside them here."""
    for source, target in _FROM_THE_ROOT.items():
        text = (_ROOT / source).read_text("utf-8").replace("](docs/", "](")
        for other, page in _FROM_THE_ROOT.items():
            text = text.replace(f"]({other})", f"]({page})")
        files.append(File.generated(config, target, content=text))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Show functions of ours where `--8<-- "file.py:name"` asks for them, and indented commands as a shell's."""
    markdown = re.sub(r'(?m)^--8<-- "(\S+\.py):(\w+)"$', _function, markdown)
    return re.sub(r"(?m)(?:^    .*\n)+", _as_shell, markdown + "\n")


def _function(wanted: re.Match[str]) -> str:
    source = (_ROOT / wanted[1]).read_text("utf-8")
    (found,) = [node for node in ast.parse(source).body if getattr(node, "name", "") == wanted[2]]
    first = min([found.lineno, *(line.lineno for line in getattr(found, "decorator_list", ()))])
    return "\n".join(source.splitlines()[first - 1 : found.end_lineno])


def _as_shell(block: re.Match[str]) -> str:
    lines = block.group().splitlines()
    first = lines[0][4:]
    if not first.startswith(("impasto ", "pip ", "python ", "git ", "mkdocs ")):
        return block.group()
    return "```sh\n" + "".join(f"{line[4:]}\n" for line in lines) + "```\n"


def math(source: str, _language: str, css_class: str, _options: Any, _md: Any, **_: Any) -> str:
    """An equation in LaTeX as MathML, which browsers show by themselves."""
    shown = [convert(line.strip(), display="block") for line in source.split("\n\n") if line.strip()]
    if any("\\" in each for each in shown):
        raise PluginError(f"a command of LaTeX is not understood in: {source}")
    return "".join(f'<div class="{css_class}">{each}</div>' for each in shown)
