"""An engine runs whose protocol is another: the docker says so in versions, not in protocols."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def main():
    from common import box, docker, fresh, pause, until
    from impasto.state import state

    told, shown = state(), docker()
    fresh(told)
    yield from until(lambda: told.connection.problem)
    yield from pause(0.3)
    return {"text": box(shown, "EngineBox").text.text()}
