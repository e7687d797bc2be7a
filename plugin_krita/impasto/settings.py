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
    "segmenter": "unsupervised",
    "layers": "regions",
    "visible": False,
    "preview": True,
    "seed": 0,
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

    def __setitem__(self, name: str, value: Any) -> None:
        """Keep a value."""
        self._values[name] = value
        Krita.instance().writeSetting(GROUP, "settings", json.dumps(self._values))
