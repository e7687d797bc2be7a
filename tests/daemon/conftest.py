"""Daemons of which nothing is left after the tests. Kernels come from the usual cache."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from serving import Daemon

Starter = Callable[..., Daemon]


@pytest.fixture(scope="session")
def shared_daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """One for all tests that leave it as they found it."""
    daemon = Daemon(tmp_path_factory.mktemp("shared") / "home")
    try:
        yield daemon.start()
    finally:
        daemon.kill()


@pytest.fixture
def daemon(shared_daemon: Daemon) -> Iterator[Daemon]:
    """The shared daemon, which has to survive the test."""
    assert shared_daemon.alive(), shared_daemon.said()
    yield shared_daemon
    assert shared_daemon.alive(), shared_daemon.said()
    assert "a message was not understood" not in shared_daemon.log()  # what it logs instead of falling over


@pytest.fixture
def start_daemon(tmp_path: Path) -> Iterator[Starter]:
    """Starts daemons of the test's own, by the words of `serve` and options of Popen."""
    started = []

    def start(*words: str, home: str = "home", **options: object) -> Daemon:
        daemon = Daemon(tmp_path / home, *words, **options)
        started.append(daemon)
        return daemon.start()

    yield start
    for daemon in started:
        daemon.kill()
