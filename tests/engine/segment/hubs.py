"""A model hub on this computer, which cuts connections, lies and goes away."""

import hashlib
import http.server
import json
import re
from pathlib import Path

import pytest

from impasto.engine.errors import ImpastoError
from impasto.engine.segment.networks.hub import fetch

COMMIT = "0123456789abcdef0123456789abcdef01234567"
NAME = "detr-resnet-50-panoptic"
HUB = "facebook/detr-resnet-50-panoptic"


class Hub(http.server.ThreadingHTTPServer):
    """Answers as Hugging Face does, and misbehaves when told to."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.listing: dict | bytes | None = None
        self.cut_after: list[int] = []  # bytes after which the next connections break
        self.no_ranges = self.wrong_part = False
        self.errors: list[int] = []  # codes of the next answers
        self.file_errors: list[int] = []  # codes of the next answers when files are asked for
        self.asked: list[tuple[str, str | None]] = []
        self.content_type_redirect = ""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def answer(self) -> bytes:
        if isinstance(self.listing, bytes):
            return self.listing
        siblings = [
            {
                "rfilename": name,
                "size": len(data),
                "blobId": hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest(),
                **(
                    {"lfs": {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}} if len(data) > 9999 else {}
                ),
            }
            for name, data in self.files.items()
        ]
        return json.dumps({"sha": COMMIT, "siblings": siblings} | (self.listing or {})).encode()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        hub = self._hub
        wanted = self.headers.get("Range")
        hub.asked.append((self.path, wanted))
        if hub.errors:
            self.send_error(hub.errors.pop(0))
            return
        if hub.file_errors and "/resolve/" in self.path:
            self.send_error(hub.file_errors.pop(0))
            return
        if self.path.startswith("/api/models/"):
            self._send(200, hub.answer())
            return
        if self.path.startswith("/elsewhere/"):
            data = hub.files[self.path.rsplit("/", 1)[1]]
        else:
            match = re.fullmatch(rf"/[\w-]+/[\w.-]+/resolve/{COMMIT}/([\w.-]+)", self.path)
            data = hub.files.get(match[1]) if match else None
            if match and data is not None and hub.content_type_redirect:
                self.send_response(302)
                self.send_header("Location", f"{hub.content_type_redirect}/elsewhere/{match[1]}")
                self.end_headers()
                return
        if data is None:
            self.send_error(404)
        elif wanted and not hub.no_ranges:
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            start -= 1 if hub.wrong_part else 0
            self._send(206, data[start:], f"bytes {start}-{len(data) - 1}/{len(data)}")
        else:
            self._send(200, data)

    @property
    def _hub(self) -> Hub:
        assert isinstance(self.server, Hub)
        return self.server

    def _send(self, code: int, data: bytes, span: str = "") -> None:
        self.send_response(code)
        self.send_header("Content-Length", str(len(data)))
        if span:
            self.send_header("Content-Range", span)
        self.end_headers()
        if self._hub.cut_after and not self.path.startswith("/api"):
            data = data[: self._hub.cut_after.pop(0)]
            self.close_connection = True
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        pass


def bring(hub: Hub, name: str = NAME, **options) -> Path:
    return fetch(name, hub.address, pause=0, **options)


def refusal(hub: Hub, name: str = NAME, **options) -> str:
    with pytest.raises(ImpastoError) as caught:
        bring(hub, name, **options)
    sentence = str(caught.value)
    assert "\n" not in sentence and ";" in sentence
    return sentence


def left(store: Path) -> list[str]:
    return sorted(path.name for path in store.iterdir()) if store.exists() else []
