"""Messages over pipes, by a process that has pyzmq: a real relay, and a socket at its other end."""

import io
import os
import struct
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import zmq

from impasto.commands import main as cli
from impasto.protocol import ProtocolError
from impasto.protocol.client import Client
from impasto.protocol.codec import pack, unpack
from impasto.protocol.keys import own_keys
from impasto.protocol.wires import MOST_PART, PipeWire, read_message, write_message

ROOT = Path(cli.__file__).resolve().parents[1]
COMMAND = [sys.executable, "-m"]
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT)}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    return tmp_path


@pytest.fixture
def server(home: Path):
    """A socket as the daemon has one, which greets and gives back what it is sent; its address and public key."""
    public, secret = own_keys("server", home)
    socket = zmq.Context.instance().socket(zmq.ROUTER)
    socket.setsockopt(zmq.LINGER, 0)
    socket.curve_server, socket.curve_secretkey = True, secret.encode()
    port, over = socket.bind_to_random_port("tcp://127.0.0.1"), threading.Event()

    def serve() -> None:
        while not over.is_set():
            if socket.poll(50):
                who, *parts = socket.recv_multipart()
                header, frames = unpack(parts)
                fields = {"versions": [1, 3], "version": 3} if header["kind"] == "hello" else {"size": len(parts[-1])}
                socket.send_multipart([who, *pack("ok", header["id"], fields, frames, 3)])

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"tcp://127.0.0.1:{port}", public
    over.set()
    thread.join()
    socket.close()


def wire(key: str, address: str, folder: object) -> PipeWire:
    return PipeWire(COMMAND, ENVIRONMENT, key, address, folder)


def test_a_client_talks_through_a_relay(server: tuple[str, str], home: Path) -> None:
    address, key = server
    client = Client(address, key, home, wire=wire, name="gimp")
    process = client._wire._process
    assert client.hello["version"] == 3
    data = bytes(range(256)) * (4 << 12)  # 4 MiB
    for plane in (data, b"x"):
        answer = client.ask("put", [plane], plane="p", offset=0, total=len(plane))
        assert answer["size"] == len(plane)
    client.close()
    assert process.poll() is not None, "the relay was left behind"


def test_a_relay_that_is_gone_is_said(server: tuple[str, str], home: Path) -> None:
    address, key = server
    client = Client(address, key, home, wire=wire)
    client._wire._process.kill()
    with pytest.raises(ProtocolError) as caught:
        client.next_event("0" * 32, 5.0)
    assert caught.value.code == "lost"
    client.close()


def test_a_relay_ends_with_who_speaks_to_it(server: tuple[str, str], home: Path) -> None:
    address, key = server
    made = wire(key, address, home)
    made._process.stdin.close()
    assert made._process.wait(20) == 0
    made.close()


@pytest.mark.parametrize(
    ("command", "address", "code"),
    [(["/nowhere/python", "-m"], "tcp://127.0.0.1:5570", "relay"), (["/bin/false"], "tcp://127.0.0.1:5570", "relay"),
     (COMMAND, "nonsense", "address")],
)  # fmt: skip
def test_what_does_not_work_is_a_sentence(command: list[str], address: str, code: str, home: Path) -> None:
    key, _ = own_keys("server", home)
    with pytest.raises(ProtocolError) as caught:
        PipeWire(command, ENVIRONMENT, key, address, home)
    assert caught.value.code == code and caught.value.sentence


def test_parts_come_as_they_were_and_nonsense_is_refused() -> None:
    file = io.BytesIO()
    write_message(file, [b"one", b"", memoryview(b"three")])
    file.seek(0)
    assert read_message(file) == [b"one", b"", b"three"]
    with pytest.raises(EOFError):
        read_message(file)
    for bad in (struct.pack("<I", 0), struct.pack("<I", 9), struct.pack("<II", 1, MOST_PART + 1)):
        with pytest.raises(ValueError):
            read_message(io.BytesIO(bad + bytes(100)))


def test_a_relay_takes_no_nonsense() -> None:
    done = subprocess.run([*COMMAND, "impasto.protocol.relay"], input=b"nonsense", env=ENVIRONMENT, capture_output=True)
    assert done.returncode == 2 and not done.stdout and not done.stderr
