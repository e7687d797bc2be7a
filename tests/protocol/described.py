"""The tables of protocol/README.md, made from protocol/messages.py; run as a program it puts them in."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from impasto.protocol import messages
from impasto.protocol.messages import JOBS, REQUESTS, Each, Fields, Flag, Number, Plain, Rule, Text, Whole

README = Path(messages.__file__).with_name("README.md")
BEGIN, END = "<!-- made by tests/protocol/described.py: begin -->", "<!-- end -->"


def kind_of(rule: Rule) -> str:
    """What a field may hold, in words."""
    if isinstance(rule, Text):
        if rule.words is not None:
            return " or ".join(f"`{word}`" for word in rule.words)
        return f"text, {rule.least} to {rule.most} letters" if rule.least < rule.most else f"text, {rule.most} letters"
    if isinstance(rule, Number):
        return f"number, {rule.low} to {rule.high}"
    if isinstance(rule, Whole):
        return f"whole number, {rule.low} to {rule.high}"
    if isinstance(rule, Flag):
        return "true or false"
    if isinstance(rule, Each):
        return f"list of up to {rule.most}: {kind_of(rule.rule)}"
    if isinstance(rule, Plain):
        return f"map of up to {rule.most} plain values"
    assert isinstance(rule, Fields)
    return "map:"


def rows(rules: dict[str, Rule], where: str = "") -> list[str]:
    """A row of the table for each field, those inside others included."""
    found = []
    for name, rule in rules.items():
        default = "needed" if rule.needed else "may be left out" if rule.default is None else f"`{rule.default!r}`"
        found.append(f"| `{where}{name}` | {kind_of(rule)} | {default} |")
        if isinstance(rule, Fields):
            found += rows(rule.fields, f"{where}{name}.")
        elif isinstance(rule, Each) and isinstance(rule.rule, Fields):
            found += rows(rule.rule.fields, f"{where}{name}[].")
    return found


def tables() -> str:
    """A section for each request."""
    parts = [BEGIN, ""]
    for kind, (rules, frames) in REQUESTS.items():
        job = ", begins a job" if kind in JOBS else ""
        parts += [f"#### `{kind}` ({frames} frame{'' if frames == 1 else 's'}{job})", ""]
        parts += ["| field | type | default |", "|---|---|---|", *rows(rules), ""] if rules else ["No fields.", ""]
    return "\n".join([*parts, END])


def main() -> None:
    """Put them in."""
    text = README.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    README.write_text(before + tables() + rest.split(END)[1], encoding="utf-8")


if __name__ == "__main__":
    main()
