"""Only who has a key that is known gets in, and then only to what is theirs."""

import contextlib
import os
import socket as sockets
import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import zmq
from serving import Daemon, endless, flat, last, order, painted, painted_here, photo, put, wait_for

from impasto.protocol import NEWEST_VERSION, ProtocolError
from impasto.protocol.codec import pack, unpack
from impasto.protocol.keys import allow, own_keys

SILENCE = 1.5  # seconds in which a daemon would long have answered


def hello() -> list[Any]:
    return pack("hello", 1, {"versions": [1, 1]})


def heard(socket: Any, seconds: float = SILENCE) -> list[bytes] | None:
    return socket.recv_multipart() if socket.poll(int(seconds * 1000)) else None


@pytest.fixture
def plain_socket(daemon: Daemon) -> Iterator[Any]:
    """Without CURVE."""
    with zmq.Context.instance().socket(zmq.DEALER) as socket:
        socket.linger = 0
        yield socket


def test_the_owner_gets_in(daemon: Daemon) -> None:
    with daemon.dealer() as socket:
        socket.send_multipart(hello())
        answer = heard(socket, 60)
        assert answer is not None
        header, _ = unpack(answer)
        assert (header["kind"], header["id"], header["version"]) == ("ok", 1, 1)


def test_without_curve(daemon: Daemon, plain_socket: Any) -> None:
    plain_socket.connect(daemon.runtime["address"])
    plain_socket.send_multipart(hello())
    assert heard(plain_socket) is None


def test_with_a_password(daemon: Daemon, plain_socket: Any) -> None:
    plain_socket.plain_username, plain_socket.plain_password = b"root", b"root"
    plain_socket.connect(daemon.runtime["address"])
    plain_socket.send_multipart(hello())
    assert heard(plain_socket) is None


def test_with_another_servers_key(daemon: Daemon) -> None:
    with daemon.dealer(curve_serverkey=zmq.curve_keypair()[0]) as socket:
        socket.send_multipart(hello())
        assert heard(socket) is None


def test_with_an_unknown_key(daemon: Daemon) -> None:
    with daemon.dealer("nobody", allowed=False) as socket:
        socket.send_multipart(hello())
        assert heard(socket) is None
    with pytest.raises(ProtocolError) as refused:
        daemon.client("nobody", allowed=False, timeout=SILENCE)
    assert refused.value.code == "unreachable"


def test_with_somebodys_public_key_alone(daemon: Daemon) -> None:
    """Public keys are public: without the secret one nothing comes of them."""
    public = own_keys("client", daemon.home)[0].encode()
    with daemon.dealer(curve_publickey=public, curve_secretkey=zmq.curve_keypair()[1]) as socket:
        socket.send_multipart(hello())
        assert heard(socket) is None


def test_with_another_kind_of_socket(daemon: Daemon) -> None:
    """REQ puts an empty frame before every message: that is no header, and is answered as such."""
    with daemon.dealer() as socket:
        socket.send_multipart([b"", *hello()])
        answer = heard(socket, 60)
        assert answer is not None
        header, _ = unpack(answer)
        assert (header["kind"], header["code"], header["id"]) == ("error", "malformed", 0)


GREETING = b"\xff" + bytes(8) + b"\x7f" + b"\x03\x01" + b"CURVE".ljust(20, b"\0") + b"\0" + bytes(31)
NULL = GREETING.replace(b"CURVE", b"NULL\0")
RAW = [
    b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
    bytes(1000),
    b"\xff" * 1000,
    GREETING[:30],
    GREETING + b"\x04\xff" * 200,
    GREETING + b"\x06" + struct.pack(">Q", 2**63) + b"\x05HELLO",
    GREETING + b"\x04\xc8\x05HELLO" + bytes(194),
    NULL + b"\x04\x26\x05READY" + bytes(32),
    NULL + b"\x00\x01x" * 100,
    b"\xff" + bytes(8) + b"\x7f" + b"\x00" * 54,
    b"\x01\x00",
]


@pytest.mark.parametrize("data", RAW, ids=range(len(RAW)))
def test_noise_at_the_port(daemon: Daemon, data: bytes) -> None:
    """Nothing but a greeting and handshake errors of the transport is ever sent to it, and nobody is harmed."""
    port = int(daemon.runtime["address"].rsplit(":", 1)[1])
    got = b""
    with sockets.create_connection(("127.0.0.1", port), 60) as raw:
        raw.settimeout(0.5)
        raw.sendall(data)
        try:
            while more := raw.recv(65536):
                got += more
        except OSError:
            pass
    assert b"versions" not in got
    assert b"engine" not in got
    assert len(got) < 400
    with daemon.client() as client:
        assert client.hello["version"] == NEWEST_VERSION


def test_noise_by_the_hundred(daemon: Daemon) -> None:
    noise = np.random.default_rng(4)
    port = int(daemon.runtime["address"].rsplit(":", 1)[1])
    for k in range(400):
        with sockets.create_connection(("127.0.0.1", port), 60) as raw:
            data = noise.bytes(int(noise.integers(0, 300)))
            with contextlib.suppress(OSError):  # it may have hung up already
                raw.sendall((GREETING if k % 2 else b"") + data)
    with daemon.client() as client:
        assert client.hello["version"] == NEWEST_VERSION


def test_silent_connections_are_cut(daemon: Daemon) -> None:
    port = int(daemon.runtime["address"].rsplit(":", 1)[1])
    silent = [sockets.create_connection(("127.0.0.1", port), 60) for _ in range(200)]
    try:
        with daemon.client() as client:
            assert client.hello["version"] == NEWEST_VERSION
        for raw in silent:
            raw.settimeout(60)
            with raw.makefile("rb") as said:
                said.read()  # until the other side hangs up
    finally:
        for raw in silent:
            raw.close()


def test_allowed_while_it_runs(daemon: Daemon) -> None:
    with pytest.raises(ProtocolError):
        daemon.client("later", allowed=False, timeout=SILENCE)
    allow(daemon.folder("later") / "keys" / "client.key", daemon.home)
    with daemon.client("later", allowed=False) as client:
        assert client.hello["version"] == NEWEST_VERSION
        assert client.ask("list")["jobs"] == []


def test_shown_out(daemon: Daemon) -> None:
    """Whose key is taken away does not come in again."""
    daemon.client("guest").close()
    before = set((daemon.home / "keys" / "clients").iterdir())
    (key,) = [p for p in before if p.read_text().strip() == own_keys("client", daemon.folder("guest"))[0]]
    key.unlink()
    with pytest.raises(ProtocolError):
        daemon.client("guest", allowed=False, timeout=SILENCE)


def test_a_damaged_key_file_lets_in_whom_it_can(start_daemon: Any) -> None:
    daemon = start_daemon()
    daemon.client("friend").close()
    path = daemon.home / "keys" / "client.secret"
    whole = path.read_text()
    path.write_text("damaged")
    with daemon.client("friend") as client:
        assert client.hello["version"] == NEWEST_VERSION
    path.write_text(whole)
    with daemon.client() as client:
        assert client.hello["version"] == NEWEST_VERSION


@pytest.fixture
def theirs(daemon: Daemon) -> Iterator[tuple[Any, str]]:
    """A client with a job that is done."""
    with daemon.client("painter") as client:
        job = order(client, flat((10, 200, 30)))
        assert last(client, job)["event"] == "done"
        yield client, job
        client.ask("forget", job=job)


def fields_for(kind: str) -> dict[str, Any]:
    return {
        "fetch": {"file": "pixels.rgba", "offset": 0, "size": 16},
        "attach": {"since": 0},
    }.get(kind, {})


@pytest.mark.parametrize("kind", ["cancel", "attach", "fetch", "forget"])
@pytest.mark.parametrize("who", ["thief", None])
def test_jobs_of_others(daemon: Daemon, theirs: tuple[Any, str], kind: str, who: str | None) -> None:
    """Not even the daemon's owner; and the answer is the one for a job that never was."""
    client, job = theirs
    with daemon.client(who) as other:
        with pytest.raises(ProtocolError) as refused:
            other.ask(kind, job=job, **fields_for(kind))
        with pytest.raises(ProtocolError) as never:
            other.ask(kind, job="0" * 32, **fields_for(kind))
        assert (refused.value.code, str(refused.value)) == (never.value.code, str(never.value))
        assert refused.value.code == "job"
        assert job not in {j["job"] for j in other.ask("list")["jobs"]}
    assert client.fetch(job, "pixels.rgba", 32 * 32 * 4)


def test_planes_of_others(daemon: Daemon) -> None:
    with daemon.client("painter") as client, daemon.client("thief") as thief:
        plane = put(client, photo())
        with pytest.raises(ProtocolError) as refused:
            thief.start("paint", picture=plane, style={}, preview=False)
        assert refused.value.code == "plane"
        assert put(thief, flat((1, 2, 3), 32))["plane"]
        thief.ask("put", (bytes(10),), plane=plane["plane"], offset=0, total=20)  # the same name: another plane
        job = client.start("segment", picture=plane, size=48)
        assert last(client, job)["event"] == "done"
        client.ask("forget", job=job)


def test_running_jobs_of_others(daemon: Daemon) -> None:
    with daemon.client("painter") as client, daemon.client("thief") as thief:
        job = endless(client, preview=True)
        wait_for(client, job, "progress")
        for kind in ("cancel", "attach", "forget"):
            with pytest.raises(ProtocolError):
                thief.ask(kind, job=job, **fields_for(kind))
        with daemon.dealer("thief") as socket:
            socket.send_multipart(hello())
            assert heard(socket, 60)
            assert heard(socket) is None  # no event of it
        client.ask("cancel", job=job)
        assert last(client, job)["event"] == "cancelled"
        client.ask("forget", job=job)


def test_nobody_chooses_a_name(daemon: Daemon) -> None:
    """Else one could wait for another's name to be free, and hear the events of that one's jobs."""
    daemon.client("thief").close()
    for who in ("painter", "thief"):
        # A name each: ZeroMQ itself drops who comes with a name whose bearer has not been seen to leave yet.
        with daemon.dealer(who, routing_id=f"the {who}".encode()) as socket:
            for message in (hello(), pack("list", 1, {})):
                socket.send_multipart(message)
                answer = heard(socket, 60)
                assert answer is not None
                header = unpack(answer)[0]
                assert (header["kind"], header["code"]) == ("error", "malformed") and "name" in header["sentence"]


def test_only_the_owner_stops_it(start_daemon: Any) -> None:
    daemon = start_daemon()
    with daemon.client("guest") as guest:
        with pytest.raises(ProtocolError) as refused:
            guest.ask("shutdown")
        assert refused.value.code == "forbidden"
        assert guest.ask("ping")["id"]
    with daemon.client() as owner:
        owner.ask("shutdown")
    assert daemon.process.wait(60) == 0
    assert daemon.runtime is None


def test_loopback_by_default(daemon: Daemon) -> None:
    assert daemon.runtime["address"].startswith("tcp://127.0.0.1:")
    if os.path.exists("/proc/net/tcp"):  # noqa: PTH110
        port = f":{int(daemon.runtime['address'].rsplit(':', 1)[1]):04X}"
        with open("/proc/net/tcp") as file:  # noqa: PTH123
            bound = [line.split()[1] for line in file if line.split()[3] == "0A" and port in line.split()[1]]
        assert bound == ["0100007F" + port]


def test_good_service_afterwards(daemon: Daemon) -> None:
    with daemon.client() as client:
        job = order(client, photo())
        assert np.array_equal(painted(client, job), painted_here())
        client.ask("forget", job=job)


def has_ipv6() -> bool:
    try:
        with sockets.socket(sockets.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="this system has no IPv6")
def test_it_listens_at_an_ipv6_address(start_daemon: Any) -> None:
    daemon = start_daemon("--bind", "tcp://[::1]:*")
    assert daemon.runtime["address"].startswith("tcp://[::1]:")
    with daemon.client() as client:
        assert client.ask("ping") is not None and client.is_local
