"""How much longer Krita takes to start with the plugin: `pytest -n0 -s tests/krita/startup.py` prints it as Markdown.

From Krita's start to its window, with and without the plugin, by turns, RUNS times each (environment; 7); medians. The
import is measured alone in a Krita that has started. Run it on a quiet machine; seconds of the processor (all of
Krita's threads together) bear a busy one better. IMPASTO_KRITA_ROOT names another Krita, as it does for the tests.
"""

import os
import re
from statistics import median

RUNS = int(os.environ.get("RUNS", "7"))


def test_startup(in_window, plugin_home):
    settings = plugin_home / ".config" / "kritarc"

    def started(plugin: str) -> dict[str, float]:
        text, count = re.subn(r"enable_impasto=\w+", f"enable_impasto={plugin}", settings.read_text("utf-8"))
        assert count == 1
        settings.write_text(text, "utf-8")
        return in_window("startup", plugin=plugin, pythondontwritebytecode="")

    for plugin in ("true", "false"):  # a first start takes much longer, and the first import compiles
        started(plugin)
    rows: dict[str, list[dict[str, float]]] = {"true": [], "false": []}
    for number in range(RUNS):
        for plugin in ("true", "false") if number % 2 else ("false", "true"):
            rows[plugin].append(started(plugin))

    def middle(plugin: str, what: str) -> float:
        return median(row[what] for row in rows[plugin])

    added = [1000 * (middle("true", what) - middle("false", what)) for what in ("seconds", "cpu")]
    print(
        f"\n| without | with | added | added, of a processor | import |\n| --- | --- | --- | --- | --- |\n"
        f"| {middle('false', 'seconds'):.2f} s | {middle('true', 'seconds'):.2f} s | {added[0]:.0f} ms "
        f"| {added[1]:.0f} ms | {1000 * middle('false', 'import'):.0f} ms |"
    )
    for plugin, found in rows.items():
        print(plugin, [f"{row['seconds']:.2f}" for row in found], [f"{row['cpu']:.2f}" for row in found])
