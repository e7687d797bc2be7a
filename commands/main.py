"""The command line: `impasto COMMAND`. Each command is a file in commands/; here is what they have in common.

The engine is imported inside the commands, never up here: `--help` must not wait for NumPy and Numba.
"""

import errno
import os
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import click

from impasto.commands.batch.command import batch
from impasto.commands.doctor import doctor
from impasto.commands.importing import import_strokes
from impasto.commands.info import info
from impasto.commands.loading import keep_all
from impasto.commands.models import models
from impasto.commands.paint import paint
from impasto.commands.palette import palette
from impasto.commands.plugin import plugin
from impasto.commands.render import render
from impasto.commands.repaint import repaint
from impasto.commands.segment import segment
from impasto.commands.serve_jobs import serve
from impasto.commands.stopping import STOPPED, Stop
from impasto.commands.streams import steady_stderr
from impasto.commands.styles import styles
from impasto.commands.video import video
from impasto.engine.errors import ImpastoError
from impasto.engine.version import IMPASTO_VERSION
from impasto.protocol import ProtocolError


class Failure(click.ClickException):
    """What went wrong, in one sentence for the user."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        """Say it on stderr."""
        click.echo(f"error: {self.message.removesuffix('.')}.", file=file, err=True)


class Commands(click.Group):
    """The commands; what can be explained ends with a sentence, and a bug keeps its traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was asked for."""
        _set_up()
        with Stop() as ctx.obj:
            try:
                return super().invoke(ctx)
            except (ImpastoError, ProtocolError) as error:
                raise Failure(str(error)) from error
            except RuntimeError as error:
                if "home directory" not in str(error):  # as Python and its libraries say
                    raise
                raise Failure("this user has no home folder; set HOME to a folder that can be written") from error
            except ModuleNotFoundError as error:
                if error.name not in ("msgpack", "zmq"):
                    raise
                from impasto.engine.installing import install

                raise Failure(f"this needs more than is installed: {install('daemon')}") from error
            except MemoryError as error:
                raise Failure("this needs more memory than there is; ask for less or free some") from error
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                raise Failure(f"the output could not be written ({error.strerror}); free space") from error
            except KeyboardInterrupt:
                click.echo("stopped.", err=True)
                return ctx.exit(STOPPED)


def _set_up() -> None:
    import warnings

    warnings.filterwarnings("ignore", module="PIL")  # of damaged files; those that matter are errors anyway
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A name that the terminal cannot show is no reason to fail.
            stream.reconfigure(errors="backslashreplace")
    steady_stderr()
    if not (os.environ.get("IMPASTO_CACHE") or os.environ.get("XDG_CACHE_HOME")):
        try:
            Path.home()
        except RuntimeError:  # this user has no folder, so nothing is kept: a file holds none
            os.environ["IMPASTO_CACHE"] = os.devnull


def _show_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        click.echo(f"impasto {IMPASTO_VERSION}")
        ctx.exit()


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the version and stop.",
)
def impasto() -> None:
    """Turn a photo into a painting made of real brush strokes."""


COMMANDS = (
    paint, batch, video, render, repaint, import_strokes, segment, serve, plugin, models, styles, palette, info,
    doctor,
)  # fmt: skip
for command in COMMANDS:
    impasto.add_command(command)


def main() -> None:
    """Run what the command line asks for, and exit."""
    try:
        # Names are taken as they are: a file may well be called "photo[1].png".
        impasto.main(prog_name="impasto", windows_expand_args=False)
    finally:
        keep_all()  # else Python goes through all that was loaded before it ends, several times


if __name__ == "__main__":
    main()
