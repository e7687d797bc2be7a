"""The user's ways to the network, as pip and uv have them: proxies, mirrors, certificates; and names for a mirror."""

from __future__ import annotations

import ast
import base64
import os
import re
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

PYPI = "https://pypi.org/simple"
TIMEOUT = 30.0  # seconds in which a server has to say something
# what would have pip install somewhere else than it is told, or not at all
_ASTRAY = ("TARGET", "USER", "PREFIX", "ROOT", "REQUIRE_VIRTUALENV", "DRY_RUN", "REPORT", "NO_DEPS", "EDITABLE",
           "REQUIREMENT", "NO_BINARY", "ONLY_BINARY", "PYTHON", "FORCE_REINSTALL", "UPGRADE", "LOG",
           "IGNORE_INSTALLED", "VERBOSE", "QUIET", "REQUIRE_HASHES")  # fmt: skip


def environment() -> dict[str, str]:
    """This process's, without what leads a Python or pip astray."""
    wrong = {f"PIP_{name}" for name in _ASTRAY}
    return {
        name: value for name, value in os.environ.items()
        if name not in wrong and not name.startswith("PYTHON") and name != "__PYVENV_LAUNCHER__"
    }  # fmt: skip


class Network:
    """What pip's files and variables say, then uv's; `words` is what pip has to be told of the latter."""

    def __init__(self, pip: Path) -> None:
        self._pip = pip
        found = self._of_pip()
        self.words: list[str] = []
        self.index = found.get("index-url", "")
        if not self.index:
            self.index, more = _of_uv()
            self.words += ["--index-url", self.index] if self.index else []
            self.words += [word for url in more for word in ("--extra-index-url", url)]
        self.index = self.index or PYPI
        self.offline = found.get("no-index", "").lower() in ("1", "true", "yes", "on")
        self._indexes = [self.index, *found.get("extra-index-url", "").split(), *self.words[3::2]]
        self._proxy, self._certificates = found.get("proxy", ""), found.get("cert", "")
        self._opener = self._made()

    def open(self, url: str, method: str = "GET", headers: dict[str, str] | None = None):
        """An answer of a server. Raises OSError (urllib.error.URLError is one) or http.client.HTTPException."""
        request = urllib.request.Request(url, method=method, headers={"User-Agent": "impasto", **(headers or {})})
        user = self._user(url)
        if user:
            request.add_unredirected_header("Authorization", f"Basic {base64.b64encode(user.encode()).decode()}")
        return self._opener.open(request, timeout=TIMEOUT)

    def unreachable(self, url: str) -> str:
        """Why nothing answers there, or nothing at all if something does, whatever it says."""
        parts = urlsplit(url)
        bare = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, parts.query, ""))
        try:
            self.open(bare, "HEAD").close()
        except urllib.error.HTTPError:
            return ""
        except Exception as error:  # such as a name that is none, or a proxy that speaks no HTTP
            return str(getattr(error, "reason", "") or error)
        return ""

    def _of_pip(self) -> dict[str, str]:
        """pip's settings by name; the later a kind stands here, the more it counts."""
        said = subprocess.run(
            [sys.executable, "-I", f"{self._pip}/pip", "config", "list", "--no-input"],
            capture_output=True, env=environment(), stdin=subprocess.DEVNULL, check=False,
        ).stdout.decode("utf-8", "replace")  # fmt: skip
        found: dict[str, dict[str, str]] = {"global": {}, "download": {}, "install": {}, ":env:": {}}
        for kind, name, value in re.findall(r"^([\w:]+)\.([\w-]+)=(['\"].*['\"])\r?$", said, re.MULTILINE):
            if kind in found:
                try:
                    found[kind][name] = str(ast.literal_eval(value)).strip()
                except (ValueError, SyntaxError):
                    continue
        return {name: value for kind in found.values() for name, value in kind.items()}

    def _made(self) -> urllib.request.OpenerDirector:
        """What opens addresses, with the proxy, and the certificates that the user, the system and pip trust."""
        context = ssl.create_default_context()
        # not every Python knows where its system keeps certificates
        context.load_verify_locations(cafile=self._pip / "pip" / "_vendor" / "certifi" / "cacert.pem")
        chosen = self._certificates or os.environ.get("REQUESTS_CA_BUNDLE", "")
        if chosen and Path(chosen).exists():
            context.load_verify_locations(**{"capath" if Path(chosen).is_dir() else "cafile": chosen})
        proxies = urllib.request.getproxies()
        if self._proxy:
            whole = self._proxy if "//" in self._proxy else f"http://{self._proxy}"
            proxies.update({"http": whole, "https": whole})
        return urllib.request.build_opener(
            urllib.request.ProxyHandler(proxies), urllib.request.HTTPSHandler(context=context)
        )

    def _user(self, url: str) -> str:
        """NAME:PASSWORD of a mirror that an address is at, which pip's report leaves out."""
        for index in self._indexes:
            user, at, host = urlsplit(index).netloc.rpartition("@")
            if at and host == urlsplit(url).netloc and url.startswith(("https:", urlsplit(index).scheme + ":")):
                return unquote(user)
        return ""


def _of_uv() -> tuple[str, list[str]]:
    """The index that uv would ask instead of PyPI, or nothing, and those beside it."""
    usual = os.environ.get("UV_DEFAULT_INDEX") or os.environ.get("UV_INDEX_URL") or ""
    more = f"{os.environ.get('UV_INDEX', '')} {os.environ.get('UV_EXTRA_INDEX_URL', '')}".split()
    more = [entry.partition("=")[2] if re.match(r"[\w.-]+=http", entry) else entry for entry in more]
    usual = usual.partition("=")[2] if re.match(r"[\w.-]+=http", usual) else usual
    if usual or more:
        return usual, more
    try:
        import tomllib
    except ImportError:  # Python 3.10
        return "", []
    for path in _uv_files():
        try:
            said = tomllib.loads(path.read_text(encoding="utf-8"))
            listed = [each for each in said.get("index", []) if isinstance(each.get("url"), str)]
            defaults = [each["url"] for each in listed if each.get("default")] + [str(said.get("index-url") or "")]
            others = [each["url"] for each in listed if not each.get("default")]
            return defaults[0], others + [str(url) for url in said.get("extra-index-url", [])]
        except (OSError, ValueError, AttributeError, TypeError):
            continue
    return "", []


def _uv_files() -> list[Path]:
    if os.environ.get("UV_CONFIG_FILE"):
        return [Path(os.environ["UV_CONFIG_FILE"])]
    if sys.platform == "win32":
        return [Path(os.environ[name]) / "uv" / "uv.toml" for name in ("APPDATA", "PROGRAMDATA") if name in os.environ]
    config = os.environ.get("XDG_CONFIG_HOME")
    return [(Path(config) if config else Path.home() / ".config") / "uv" / "uv.toml", Path("/etc/uv/uv.toml")]
