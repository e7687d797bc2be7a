"""What the user chose, kept by Krita from one start to the next."""

from __future__ import annotations

import json
from typing import Any

from krita import Krita

GROUP = "impasto"
DEFAULTS: dict[str, Any] = {
    "style": "painterly",
    "strokes": 0,  # 0: the style's own
    "regions": True,
    "layers": "regions",
    "visible": False,
    "preview": True,
    "seed": 0,
    "brush": 1.0,
    "looseness": 0.0,
    "changes": {},  # of styles: by style, then by parameter (see parameters.py)
    "python": "",  # what starts the engine; empty: what the plugin was installed from
    "remote": False,  # an engine on another machine, at this address with this public key
    "address": "",
    "key": "",
}


class Settings:
    """Values by name; what was kept and makes no sense any more is as if nothing had been."""

    def __init__(self) -> None:
        try:
            kept = json.loads(Krita.instance().readSetting(GROUP, "settings", "{}"))
        except ValueError:
            kept = {}
        kept = kept if isinstance(kept, dict) else {}
        self._values = {name: kept[name] if type(kept.get(name)) is type(usual) else usual
                        for name, usual in DEFAULTS.items()}  # fmt: skip

    def __getitem__(self, name: str) -> Any:
        """A value."""
        return self._values[name]

    def items(self) -> Any:
        """All names and values."""
        return self._values.items()

    def __setitem__(self, name: str, value: Any) -> None:
        """Keep a value."""
        self._values[name] = value
        Krita.instance().writeSetting(GROUP, "settings", json.dumps(self._values))
