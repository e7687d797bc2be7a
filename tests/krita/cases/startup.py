"""How long Krita's start took, and, in a Krita without the plugin, how long the plugin's import takes."""

import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def main():
    import impasto_driver

    seconds, cpu = impasto_driver.Driver.start
    found = {"seconds": seconds, "cpu": cpu}
    if os.environ["PLUGIN"] == "true":
        from common import ready

        yield from ready()  # the engine's own start is over
    else:
        assert "impasto" not in sys.modules
        begun = time.perf_counter()
        import impasto  # noqa: F401

        found["import"] = time.perf_counter() - begun
    return found
