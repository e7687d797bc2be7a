"""Is there an engine? If not, a button that starts one, and what it says while it starts."""

from __future__ import annotations

from typing import Any

from ..connection import ABSENT, CONNECTED, CONNECTING
from .parts import Box, button, text_label


class EngineBox(Box):
    """Shown as long as there is something to say about the engine."""

    def __init__(self, model: Any) -> None:
        super().__init__(model)
        self._text = text_label()
        self._start = button("Start the engine", model.start_engine)
        self.rows.addWidget(self._text)
        self.rows.addWidget(self._start)

    def show_model(self) -> None:
        """See `Box`."""
        state, says = self.model.connection.state, self.model.engine_says
        preparing = self.model.connection.hello.get("preparing")
        self.setVisible(state != CONNECTED or bool(preparing))
        self._start.setVisible(state == ABSENT and not says)
        words = {ABSENT: says or "No engine is running.", CONNECTING: "Connecting to the engine."}
        self._text.setText(words.get(state) or f"The engine is {preparing}.")
