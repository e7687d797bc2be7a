"""The engine is killed half-way and started again: the docker says so, and the painting is finished all the same."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def main():
    from common import opened, ready, stepping, tree

    told = yield from ready(layers="none", regions=False, strokes=8000)
    document = yield from opened()
    states = []

    def look():
        if told.run.fraction > 0.2:
            Path(os.environ["IMPASTO_FOLDER"], "now").touch()
        if not states or states[-1] != told.connection.state:
            states.append(told.connection.state)

    how, message = yield from stepping(told, look)
    return {"how": how, "message": message, "states": states, "tree": tree(document.rootNode())}
