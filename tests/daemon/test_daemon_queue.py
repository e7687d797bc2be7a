"""Jobs of one client are paused and brought into another order, and stay so whatever ends."""

import pytest
from click.testing import CliRunner
from test_daemon_kills import Daemon, begin, ended, result, undisturbed

from impasto.commands.main import impasto
from impasto.protocol import ProtocolError


@pytest.fixture
def daemon(tmp_path):
    found = Daemon(tmp_path)
    yield found
    found.kill()


def states(client):
    return [(job["state"], job["paused"]) for job in client.ask("list")["jobs"]]


def test_jobs_are_paused_and_put_in_order_and_go_on_to_the_same_bits(daemon, monkeypatch):
    monkeypatch.setenv("IMPASTO_HOME", str(daemon.folder))
    with daemon.client() as client:
        first, *others = [begin(client, number, **{} if number == 0 else {"effort": "draft"}) for number in range(4)]
        client.ask("arrange", jobs=[others[2], others[0], others[0]])
        for header, _ in client.events(first):
            if header["event"] == "progress" and header["fraction"] > 0.2:
                break
        client.ask("pause", job=first)
        client.ask("pause", job=others[1])
        client.ask("pause", job=first)  # it is so already
        while states(client)[0] != ("waiting", True):
            client.next_event(first, 0.05)
        daemon.kill()
        daemon.start()  # all stays as it was
    with daemon.client() as client:
        for job in others:
            client.attach(job)
        done = []
        while len(done) < 2:
            for job in others:
                told = client.next_event(job, 0.05)
                if told is not None and told[0]["event"] == "done":
                    done.append(job)
        assert done == [others[2], others[0]]
        assert states(client) == [("waiting", True), ("done", False), ("waiting", True), ("done", False)]
        client.ask("cancel", job=others[1])
        assert ended(client, others[1])["event"] == "cancelled"
        assert CliRunner().invoke(impasto, ["serve", "jobs"]).output.count("paused") == 1
        said = CliRunner().invoke(impasto, ["serve", "pause", first[:8], "--off"]).output
        assert said == f"{first} goes on\n"
        client.attach(first)
        begun = next(header for header, _ in client.events(first) if header["event"] == "started")
        assert begun["resumed"] and result(client, first) == undisturbed()
        with pytest.raises(ProtocolError, match="no such job"):
            client.ask("pause", job="0" * 32)
