"""The way to a Dask scheduler: its address, certificates, and who may be talked to without any."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import logging
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from impasto.engine.errors import ImpastoError
from impasto.engine.files import open_input
from impasto.engine.installing import install

if TYPE_CHECKING:
    from distributed import Client
    from distributed.security import Security

EXTRA = "cluster"
PATIENCE = 15.0  # seconds for a scheduler to answer, and for its first worker to come
_LARGEST_FILE = 1 << 20  # bytes of a scheduler's file


@dataclass(frozen=True)
class Certificates:
    """PEM files by which both sides know each other; None: as Dask's own configuration says."""

    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None


def address_of(where: str) -> str:
    """The address of a scheduler, which may stand in a file as `dask scheduler --scheduler-file` writes it."""
    address = where
    if "://" not in where:
        with open_input(where) as stream:
            try:
                address = json.loads(stream.read(_LARGEST_FILE))["address"]
            except (ValueError, KeyError, TypeError, RecursionError) as error:
                raise ImpastoError(
                    f"{where} is no scheduler's file; give the one of dask scheduler --scheduler-file, or an address"
                ) from error
    check_safe(str(address), "the scheduler at")
    return str(address)


def check_safe(address: str, whose: str) -> None:
    """Raise ImpastoError for an address that is none, and for one without TLS on another machine."""
    parts, host, port = urlsplit(""), None, None
    with contextlib.suppress(ValueError):
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    if not host or not port or parts.scheme not in ("tls", "tcp"):
        raise ImpastoError(f"{address[:200]} is no address of a scheduler; write tls://HOST:PORT")
    if parts.scheme == "tcp" and not _is_loopback(host):
        raise ImpastoError(
            f"{whose} {address} is reached without TLS, so that anybody could have anything run there; give it "
            "certificates and a tls:// address, see docs/many.md"
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def connected(address: str, certificates: Certificates) -> Client:
    """A client of the scheduler there. Raises ImpastoError if Dask is not installed, or nobody answers as one."""
    try:
        from distributed import Client
    except ImportError as error:
        raise ImpastoError(f"--cluster needs more: {install(EXTRA)}") from error
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what matters is said in sentences
    security = _security(address, certificates)
    try:
        with quiet():
            return Client(address, security=security, timeout=PATIENCE, set_as_default=False, direct_to_workers=True)
    except (OSError, TimeoutError, ValueError) as error:
        raise ImpastoError(
            f"nobody answers as a scheduler at {address} ({brief(error)}); start one with dask scheduler, "
            "or see its address and its certificates"
        ) from error


def _security(address: str, certificates: Certificates) -> Security | None:
    if not address.startswith("tls:"):
        return None
    from distributed.security import Security

    given = {
        "tls_ca_file": certificates.ca, "tls_client_cert": certificates.cert, "tls_client_key": certificates.key,
    }  # fmt: skip
    for path in given.values():
        if path is not None:
            open_input(path).close()
    security = Security(
        require_encryption=True, **{name: str(path) for name, path in given.items() if path is not None}
    )
    missing = [name for name in given if not getattr(security, name)]
    if missing:
        raise ImpastoError(
            f"{address} needs certificates, of which {' and '.join(missing)} is not known; give --cluster-ca, "
            "--cluster-cert and --cluster-key, or say so in Dask's configuration"
        )
    return security


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Dask warns of what is large, which pictures are, and of versions, which are compared here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def brief(error: BaseException) -> str:
    """What an error says, on one line that is not too long."""
    said = " ".join(str(error).split()) or type(error).__name__
    return said[:160]
