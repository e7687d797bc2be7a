"""Why no engine could be brought."""

from __future__ import annotations


class NotBrought(Exception):
    """A code and facts, of which the plugin makes a sentence in the artist's language."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code, self.facts = code, facts
