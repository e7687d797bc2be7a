"""The docker shows itself over the first picture, and not again once it was closed."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def main():
    from common import bare_docker, opened, pause, ready

    docker = bare_docker()
    docker.close()
    yield from ready()  # with all settings as on the first start
    yield from pause(0.5)
    page = docker.isVisible()
    yield from opened()
    first = docker.isVisible()
    docker.close()
    yield from opened()
    return {"page": page, "first": first, "second": docker.isVisible()}
