"""A package index on this machine that serves tiny wheels, cuts what it sends, and tells what it was asked for."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import threading
import time
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ENGINE = """
import os, sys, pathlib
if sys.argv[1:2] == ["serve"]:
    pathlib.Path(os.environ["IMPASTO_HOME"], "stopped").write_text(sys.executable)
print("the engine {version} of this project")
"""


def wheel(name: str, version: str, needs: tuple[str, ...] = (), files: dict[str, str] | None = None) -> bytes:
    """A wheel for every Python; without files it is a module that is empty."""
    info = f"{name}-{version}.dist-info"
    extras = "".join(f"Provides-Extra: {extra}\n" for extra in ("krita", "daemon", "regions", "deep"))
    needed = "".join(f"Requires-Dist: {need}\n" for need in needs)
    contents = files or {f"{name}/__init__.py": ""}
    contents |= {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{extras}{needed}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    table = ""
    for path, text in contents.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        table += f"{path},sha256={digest},{len(text.encode())}\n"
    contents[f"{info}/RECORD"] = f"{table}{info}/RECORD,,\n"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path, text in contents.items():
            archive.writestr(path, text)
    return packed.getvalue()


def engine(version: str) -> bytes:
    """A wheel of our name that needs little."""
    needs = (
        "small>=1",
        'impasto[daemon]; extra == "krita"',
        'big>=2; extra == "daemon"',
        'impasto[deep]; extra == "regions"',
        'torch>=2; extra == "deep"',
    )
    files = {"impasto/__init__.py": "", "impasto/__main__.py": ENGINE.replace("{version}", version)}
    return wheel("impasto", version, needs, files)


def lighter(packed: bytes, borrowed: str) -> bytes:
    """The real wheel of ours, needing no more than `small`, `big` and what lies in a folder that has all it needs."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in set(old.namelist()) - {"impasto_borrows.pth"}:
            data = old.read(name)
            if name.endswith(".dist-info/METADATA"):
                lines = [line for line in data.decode().splitlines() if not line.startswith("Requires-Dist")]
                needs = ["Requires-Dist: small>=1", "Requires-Dist: big>=2; extra == 'krita'"]
                data = "\n".join([lines[0], *needs, *lines[1:]]).encode()
            if name.endswith(".dist-info/RECORD"):
                data = "\n".join(line for line in data.decode().splitlines() if "METADATA" not in line).encode()
            new.writestr(name, data)
        new.writestr("impasto_borrows.pth", borrowed + "\n")
    return made.getvalue()


class Index:
    """Serves wheels by their files' names, under /simple/ and, with another copy of torch, under /cpu/.

    cut: how many bytes of a file are sent the next time. wrong: what is sent instead of a file, but not to pip.
    lengths: what is told of a file's size, unless it is pip that asks.
    asked: path, the Range and Authorization headers of each request; slow: seconds between a large file's pieces.
    """

    def __init__(self) -> None:
        self.files = {
            "small-1.0-py3-none-any.whl": wheel("small", "1.0"),
            "big-2.1-py3-none-any.whl": wheel("big", "2.1", files={"big/__init__.py": "#" * 3_000_000}),
            "torch-2.5-py3-none-any.whl": wheel("torch", "2.5", ("nvidia-everything",)),
            "nvidia_everything-1.0-py3-none-any.whl": wheel("nvidia_everything", "1.0"),
            "torch-2.5+cpu-py3-none-any.whl": wheel("torch", "2.5+cpu"),
            # what anybody may put there under our name
            "impasto-999.0-py3-none-any.whl": wheel("impasto", "999.0", files={"impasto/__main__.py": "hostile"}),
        }
        self.cut: dict[str, int] = {}
        self.wrong: dict[str, bytes] = {}
        self.lengths: dict[str, int] = {}
        self.asked: list[tuple[str, str, str]] = []
        self.slow = 0.0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        """Of the index."""
        return f"http://127.0.0.1:{self.port}/simple"

    def paths(self, begin: str = "") -> list[str]:
        """What it was asked for."""
        return [path for path, _, _ in self.asked if path.startswith(begin)]

    def ranges(self, file: str) -> list[str]:
        """The Range headers of a file's requests, nothing where there was none."""
        return [span for path, span, _ in self.asked if path.endswith(f"GET/files/{file}")]

    def close(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        index = self

        class Handler(BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                self._answer(False)

            def do_GET(self) -> None:
                with contextlib.suppress(ConnectionError):  # of who was killed
                    self._answer(True)

            def _answer(self, whole: bool) -> None:
                path = "/" + self.path.partition("://")[2].partition("/")[2] if "://" in self.path else self.path
                index.asked.append(
                    (self.command + path, self.headers.get("Range", ""), self.headers.get("Authorization", ""))
                )
                folder, _, name = path.strip("/").replace("%2B", "+").partition("/")
                if folder == "files" and name in index.files:
                    self._file(name, index.files[name], whole)
                elif folder in ("simple", "cpu"):
                    self._page(folder, name)
                else:
                    self.send_error(404)

            def _page(self, folder: str, name: str) -> None:
                found = [file for file in index.files if file.split("-")[0].replace("_", "-") == name]
                found = [file for file in found if ("+cpu" in file) == (folder == "cpu")]
                links = "".join(
                    f'<a href="/files/{file}#sha256={hashlib.sha256(index.files[file]).hexdigest()}">{file}</a>'
                    for file in found
                )
                self.send_response(200 if found or not name else 404)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(f"<!DOCTYPE html><html><body>{links}</body></html>".encode())

            def _file(self, name: str, data: bytes, whole: bool) -> None:
                span = self.headers.get("Range", "").removeprefix("bytes=")
                ours = self.headers["User-Agent"] == "impasto"  # not pip, which looks at the end of a file
                data = index.wrong.get(name, data) if ours and whole else data
                first, _, last = span.partition("-")
                start = int(first) if first else max(len(data) - int(last), 0) if last else 0
                end = min(int(last) + 1, len(data)) if first and last else len(data)
                self.send_response(206 if span else 200)
                self.send_header("Accept-Ranges", "bytes")
                self.send_header("Content-Length", str(index.lengths.get(name, end - start) if ours else end - start))
                if span:
                    self.send_header("Content-Range", f"bytes {start}-{end - 1}/{len(data)}")
                self.end_headers()
                if not whole:
                    return
                if ours:
                    end = min(end, start + index.cut.pop(name, len(data)))
                while start < end:
                    step = min(end - start, 100_000)
                    self.wfile.write(data[start : start + step])
                    start += step
                    time.sleep(index.slow)

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler
