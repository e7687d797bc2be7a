"""`impasto serve`: the engine as a daemon, and what can be asked of one that runs."""

import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from impasto.commands import options
from impasto.engine.errors import ImpastoError

DAMAGED = Path("spool", "damaged")  # in the home: jobs that the engine did not understand
START, STOP = 30.0, 10.0  # seconds a daemon may take to be there, and to end


@click.group(short_help="Run the engine as a daemon.", invoke_without_command=True)
@click.option(
    "--bind",
    default="tcp://127.0.0.1:*",
    show_default=True,
    metavar="ADDRESS",
    help="Where to listen: this machine alone, or such as tcp://0.0.0.0:5570 for a studio. Only known keys get in.",
)
@click.option(
    "--allow", multiple=True, type=options.FILE, metavar="CLIENT.key", help="Let the owner of this public key in."
)
@click.option("--detach", is_flag=True, help="Start in the background, and return when it answers.")
@click.option(
    "--idle", type=click.FloatRange(1), metavar="SECONDS", show_default="never", help="Stop when idle that long."
)
@click.option(
    "--checkpoint-every",
    type=click.FloatRange(0.05),
    metavar="SECONDS",
    show_default="2",
    help="How much painting may be lost if the engine is killed.",
)
@options.threads
@options.device
@click.pass_context
def serve(
    context: click.Context,
    bind: str,
    allow: tuple[Path, ...],
    detach: bool,
    idle: float | None,
    checkpoint_every: float | None,
    threads: int | None,
    device: str,
) -> None:
    """Serve the engine to Krita and other programs, until stopped. What they asked for is kept if it is killed."""
    if context.invoked_subcommand is not None:
        return
    from impasto.protocol import ProtocolError
    from impasto.protocol.keys import allow as let_in
    from impasto.protocol.places import home

    if device == "cuda":
        options.device_of(device, quiet=False)  # says here what the worker would only write into the log

    try:
        folder = home()
        for path in allow:
            click.echo(f"allowed the key {let_in(path, folder)}", err=True)
    except ProtocolError as error:
        raise ImpastoError(str(error)) from error
    if detach:
        words = [
            "--bind",
            bind,
            *(["--idle", str(idle)] if idle else []),
            *(["--checkpoint-every", str(checkpoint_every)] if checkpoint_every else []),
            *(["--threads", str(threads)] if threads else []),
            *(["--device", device] if device != "auto" else []),
        ]
        _detach(folder, words)
        return
    from impasto.engine.daemon.main import AlreadyRunning, run

    def told(facts: dict[str, Any]) -> None:
        click.echo(f"serving at {facts['address']}, key {facts['key']}; stop with Ctrl-C", err=True)

    try:
        run(folder, bind, threads=threads, idle=idle, checkpoint_every=checkpoint_every, device=device, told=told)
    except AlreadyRunning as error:
        click.echo(f"an engine is already running at {error.runtime['address']}", err=True)


def _detach(folder: Path, words: list[str]) -> None:
    """Start a daemon in the background, or find the one that is there, perhaps because somebody else was faster."""
    import secrets
    import subprocess

    from impasto.engine import child
    from impasto.protocol.places import HOME, running

    if (there := running(folder)) is not None and _answers():
        click.echo(f"an engine is already running at {there['address']}", err=True)
        return
    apart: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        apart = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.DETACHED_PROCESS}
    path = folder / f"daemon-{secrets.token_hex(4)}.out"  # its own: several may be starting
    try:
        with path.open("wb") as out:
            process = subprocess.Popen(
                [*child.python("impasto"), "serve", *words], stdin=subprocess.DEVNULL, stdout=out, stderr=out, **apart
            )
        end = time.monotonic() + START
        while time.monotonic() < end and process.poll() is None:
            if (there := running(folder)) is not None and there["pid"] == process.pid:
                path.replace(folder / "daemon.out")
                click.echo(f"serving at {there['address']}", err=True)
                return
            time.sleep(0.05)
        said = path.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    except OSError as error:
        raise ImpastoError(f"the engine cannot be started ({error.strerror}); see to that, or set {HOME}") from error
    finally:
        with suppress(OSError):
            path.unlink(missing_ok=True)
    if process.poll() is None:
        raise ImpastoError(f"the engine is not there after {START:.0f} s, and goes on; ask `impasto serve status`")
    last = said[-1] if said else f"it ended with code {process.returncode} and said nothing"
    if last.startswith("error: "):
        raise ImpastoError(last.removeprefix("error: "))
    if process.returncode:
        raise ImpastoError(f"the engine did not start ({last}); see `impasto serve logs`")
    click.echo(last, err=True)  # that it found another one


def _client() -> Any:
    from impasto.protocol.client import Client

    return Client(timeout=5.0)


def _answers() -> bool:
    from impasto.protocol import ProtocolError

    try:
        _client().close()
    except ProtocolError:
        return False
    return True


@serve.command(short_help="Does an engine run, and what does it do?")
@options.as_json
@click.pass_context
def status(context: click.Context, as_json: bool) -> None:
    """Say whether an engine runs, where, and with which jobs."""
    from impasto.protocol import ProtocolError
    from impasto.protocol.places import home

    try:
        with _client() as client:
            facts: dict[str, Any] = {"running": True, "address": client.address, "engine": client.hello["engine"],
                     "preparing": client.hello["preparing"], "jobs": client.ask("list")["jobs"]}  # fmt: skip
    except ProtocolError as error:
        if error.code != "absent":
            raise ImpastoError(str(error)) from error
        facts = {"running": False}
    if aside := _set_aside():
        facts["set_aside"] = aside
    if as_json:
        click.echo(options.json_text(facts))
    elif not facts["running"]:
        click.echo("no engine is running")
    else:
        click.echo(f"running at {facts['address']}, version {facts['engine']}, {facts['preparing'] or 'ready'}")
        for job in facts["jobs"]:
            click.echo(f"  {job['job']}  {job['kind']:8} {job['state']:9} {job['label']}")
    if aside and not as_json:
        click.echo(f"{aside} damaged or newer {'job is' if aside == 1 else 'jobs are'} kept in {home() / DAMAGED}")
    if not facts["running"]:
        context.exit(1)


def _set_aside() -> int:
    """How many jobs the engine did not understand, and keeps."""
    from impasto.protocol.places import home

    try:
        return sum(1 for _ in (home() / DAMAGED).iterdir())
    except OSError:
        return 0


@serve.command(short_help="Stop the engine.")
def stop() -> None:
    """Stop the engine that runs; unfinished jobs go on when one is started again."""
    from impasto.protocol import ProtocolError
    from impasto.protocol.places import home, running

    try:
        folder = home()
        with _client() as client:
            client.ask("shutdown")
    except ProtocolError as error:
        raise ImpastoError(str(error)) from error
    end = time.monotonic() + STOP
    while (there := running(folder)) is not None:
        if time.monotonic() > end:
            raise ImpastoError(f"the engine was told to stop, and is still there; end process {there['pid']}")
        time.sleep(0.05)
    click.echo("stopped", err=True)


@serve.command(short_help="Show the engine's log.")
@click.option("--lines", type=click.IntRange(1, 100_000), default=40, show_default=True, metavar="NUMBER")
def logs(lines: int) -> None:
    """Show the last lines of the engine's log."""
    from impasto.protocol.places import home

    path = home() / "daemon.log"
    if not path.exists():
        raise ImpastoError("there is no log yet; start an engine with `impasto serve`")
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]:
        click.echo(line)
