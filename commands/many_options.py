"""Options that say who does many things: processes of this machine, or the workers of a cluster."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from impasto.commands import options
from impasto.engine.errors import ImpastoError

if TYPE_CHECKING:
    from impasto.engine.many.task import Runner

MANY = ("processes", "cluster", "cluster_ca", "cluster_cert", "cluster_key")

_OPTIONS = (
    click.option(
        "--processes",
        type=click.IntRange(1, 1024),
        metavar="NUMBER",
        show_default="as cores and memory allow",
        help="How many are painted at once.",
    ),
    click.option(
        "--cluster",
        metavar="ADDRESS|FILE",
        help="Have the workers of a Dask scheduler paint: tls://HOST:PORT, or the scheduler's file.",
    ),
    click.option(
        "--cluster-ca", type=options.FILE, metavar="FILE", help="Of a tls:// cluster: who signs certificates."
    ),
    click.option("--cluster-cert", type=options.FILE, metavar="FILE", help="Likewise: this side's certificate."),
    click.option("--cluster-key", type=options.FILE, metavar="FILE", help="Likewise: its key."),
)


def many_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add them all to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@dataclass(frozen=True)
class ManyWish:
    """What these options say; None where nothing was said."""

    processes: int | None = None
    cluster: str | None = None
    cluster_ca: Path | None = None
    cluster_cert: Path | None = None
    cluster_key: Path | None = None

    def runner(self, count: int, threads: int | None, warn: Callable[[str], None]) -> "Runner":
        """Who does `count` things, each with so many threads, if that is said; `warn` hears what is worth knowing.

        Raises ImpastoError for options that do not go together.
        """
        certificates = (self.cluster_ca, self.cluster_cert, self.cluster_key)
        if self.cluster is None:
            if any(certificates):
                raise ImpastoError("certificates are those of a cluster; name it with --cluster, or leave them out")
            from impasto.engine.many.processes import OwnProcesses
            from impasto.engine.parallel import default_threads

            most = self.processes or max(1, default_threads() // (threads or 1))
            return OwnProcesses(max(1, min(most, count)), threads)
        if self.processes is not None or threads is not None:
            raise ImpastoError("a cluster's workers know how many they are; leave --processes and --threads out")
        from impasto.engine.many.cluster import DaskCluster
        from impasto.engine.many.connecting import Certificates

        return DaskCluster(self.cluster, Certificates(*certificates), warn)
