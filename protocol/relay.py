"""Carries messages between pipes and a socket, for an editor whose Python has no pyzmq.

`python -m impasto.protocol.relay` is told first, as JSON, whose key it talks to, at which address, and the folder of
its own keys; it answers {} or why not. From then on each message is one of the protocol's, which it does not look into.
It ends with its stdin.
"""

from __future__ import annotations

import json
import sys
import threading
from typing import Any

import zmq

from . import ProtocolError
from .keys import client_socket
from .wires import read_message, write_message


def main() -> int:
    """Carry, until nobody speaks any more."""
    spoken, heard, address = sys.stdin.buffer, sys.stdout.buffer, ""
    try:
        wanted = json.loads(read_message(spoken)[0].decode("utf-8"))
        address = wanted["address"]
        socket = client_socket(wanted["key"], address, wanted["folder"])
        socket.connect(address)
    except ProtocolError as error:
        _say(heard, {"code": error.code, "sentence": error.sentence, "remedy": error.remedy})
        return 1
    except zmq.ZMQError as error:
        _say(heard, {"code": "address", "sentence": f"{address} cannot be reached ({error})", "remedy": ""})
        return 1
    except (EOFError, ValueError, KeyError, TypeError):
        return 2
    _say(heard, {})
    context = zmq.Context.instance()
    inner, outer = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
    inner.bind("inproc://spoken")
    outer.connect("inproc://spoken")
    threading.Thread(target=_listen, args=(spoken, outer), daemon=True).start()
    poller = zmq.Poller()
    poller.register(socket, zmq.POLLIN)
    poller.register(inner, zmq.POLLIN)
    while True:
        ready = dict(poller.poll())
        if inner in ready:
            parts = inner.recv_multipart()
            if parts == [b""]:  # no message of a client's is empty
                return 0
            socket.send_multipart(parts)
        if socket in ready:
            try:
                write_message(heard, socket.recv_multipart())
            except OSError:
                return 0


def _listen(spoken: Any, outer: Any) -> None:
    """In a thread: pipes cannot be polled on every system."""
    try:
        while True:
            outer.send_multipart(read_message(spoken))
    except (EOFError, ValueError, OSError):
        outer.send(b"")


def _say(heard: Any, facts: dict[str, Any]) -> None:
    write_message(heard, [json.dumps(facts).encode("utf-8")])


if __name__ == "__main__":
    sys.exit(main())
