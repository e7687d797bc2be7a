"""`impasto serve jobs`, `fetch`, `cancel` and `forget`: whatever a client has lost, the command line can find again."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from impasto.commands import options
from impasto.commands.outputs import SUFFIX
from impasto.commands.serve import serve
from impasto.engine.errors import ImpastoError

if TYPE_CHECKING:
    from impasto.engine.painting.painting import Painting
    from impasto.protocol.client import Client

job_argument = click.argument("job")
WHOLE = 32  # letters of a job's id


def _client(engine: str | None, engine_key: str | None) -> "Client":
    """Connected to this user's engine, or another one. Raises ImpastoError if it does not answer."""
    from impasto.protocol import ProtocolError
    from impasto.protocol.client import Client

    try:
        return Client(engine, engine_key)
    except ProtocolError as error:
        raise ImpastoError(str(error)) from error


def _asked(client: "Client", kind: str, **fields: Any) -> dict[str, Any]:
    """The engine's answer. Raises ImpastoError for what it refuses."""
    from impasto.protocol import ProtocolError

    try:
        return client.ask(kind, **fields)
    except ProtocolError as error:
        raise ImpastoError(str(error)) from error


def _found(client: "Client", asked: str) -> dict[str, Any]:
    """The one job whose id begins so, or the newest if `last` is asked for. Raises ImpastoError."""
    jobs = _asked(client, "list")["jobs"]
    if asked == "last" and jobs:
        return jobs[-1]
    found = [job for job in jobs if asked and job["job"].startswith(asked)]
    if len(found) == 1:
        return found[0]
    if not found and len(asked) == WHOLE:  # the engine may know what became of it
        return _asked(client, "attach", job=asked)
    what = f"{len(found)} jobs begin with {asked}; give more of its id" if found else f"there is no job {asked}"
    raise ImpastoError(f"{what}; `impasto serve jobs` lists those of your key")


def _done_to(job: str, kind: str, engine: str | None, engine_key: str | None, **fields: Any) -> dict[str, Any]:
    """What a job was like before this was done to it: "cancel", "forget" or "pause"."""
    with _client(engine, engine_key) as client:
        found = _found(client, job)
        if kind == "pause" and not client.can("queue"):
            raise ImpastoError("this engine is too old to pause a job; update it")
        _asked(client, kind, job=found["job"], **fields)
    return found


@serve.command(short_help="List the jobs of your key.")
@options.engine_address
@options.as_json
def jobs(engine: str | None, engine_key: str | None, as_json: bool) -> None:
    """List all jobs of your key that the engine knows, the oldest first."""
    with _client(engine, engine_key) as client:
        found = _asked(client, "list")["jobs"]
    if as_json:
        click.echo(options.json_text({"jobs": found}))
        return
    for job in found:
        state = "paused" if job.get("paused") and job["state"] == "waiting" else job["state"]
        click.echo(f"{job['job']}  {job['kind']:8} {state:9} {job['label']}".rstrip())
    if not found:
        click.echo("no jobs", err=True)


@serve.command(short_help="Fetch a job's result, waiting for it if need be.")
@job_argument
@click.option(
    "-o", "--out", type=options.FILE, required=True,
    help=f"The picture to write, a painting ({SUFFIX}), or a style (.toml) of a job that made one.",
)  # fmt: skip
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@options.engine_address
def fetch(job: str, out: Path, force: bool, engine: str | None, engine_key: str | None) -> None:
    """Write what a JOB has painted. JOB is its id, the beginning of it, or `last`; the engine keeps its result."""
    from impasto.engine.export import check_result, write_result
    from impasto.engine.files import check_writable

    keeps = out.suffix.lower() == SUFFIX
    if keeps or out.suffix.lower() == ".toml":
        check_writable(out, force)
    else:
        check_result(out, force)
    with _client(engine, engine_key) as client:
        found = _found(client, job)
        ended = _ended(client, found)
        painting = _painting(client, found, ended) if "painting" in ended and out.suffix.lower() != ".toml" else None
        if painting is None:
            _write_other(client, found, ended, out, force)
    if painting is not None and keeps:
        painting.save(out, overwrite=force)
    elif painting is not None:
        write_result(painting, out, painting.height, painting.width, overwrite=force)
    click.echo(str(out))


def _ended(client: "Client", job: dict[str, Any]) -> dict[str, Any]:
    """The event that ended a job, waited for. Raises ImpastoError if it failed."""
    from impasto.protocol import ProtocolError
    from impasto.protocol.session import LAST

    try:
        client.attach(job["job"])
        ended = next(header for header, _ in client.events(job["job"]) if header["event"] in LAST)
    except ProtocolError as error:
        raise ImpastoError(str(error)) from error
    if ended["event"] == "failed":
        raise ImpastoError(f"this job failed: {ended.get('sentence')}; {ended.get('remedy') or 'send it again'}")
    return ended


def _painting(client: "Client", job: dict[str, Any], ended: dict[str, Any]) -> "Painting":
    """What a job has painted. Raises ImpastoError if it cannot be had."""
    from impasto.engine.daemon.remote import fetched
    from impasto.protocol import ProtocolError

    try:
        return fetched(client, job["job"], ended["painting"])
    except ProtocolError as error:
        raise ImpastoError(str(error)) from error


def _write_other(client: "Client", job: dict[str, Any], ended: dict[str, Any], out: Path, force: bool) -> None:
    """Write what a job came to that is no painting: pixels, where a picture is looked at, or a style.

    Raises ImpastoError if it came to none of these, or to another one than such a file has.
    """
    import numpy as np

    from impasto.engine.files import atomic_write
    from impasto.engine.pictures.io import check_output, save_picture
    from impasto.engine.styles.own import toml_text
    from impasto.protocol import ProtocolError

    kind, id, style = job["kind"], job["job"], out.suffix.lower() == ".toml"
    if style != ("style" in ended) or out.suffix.lower() == SUFFIX:
        what = "a style; name a .toml file" if "style" in ended else "no painting and no style; name a picture's file"
        raise ImpastoError(f"this job, {kind}, came to {what}")
    if style:
        with atomic_write(out, force) as file:
            file.write(toml_text(ended["style"]["values"]).encode())
        return
    files = {"render": ("pixels.rgba", 4), "interest": ("interest.raw8", 1)}  # and the channels of each
    if kind not in files or "shapes" in ended or "width" not in ended:
        raise ImpastoError(f"this job, {kind}, came to nothing that is a picture; have it done again")
    check_output(out, force)
    name, channels = files[kind]
    shape = (ended["height"], ended["width"], channels)
    try:
        pixels = np.frombuffer(client.fetch(id, name, shape[0] * shape[1] * channels), np.uint8).reshape(shape)
    except ProtocolError as error:
        raise ImpastoError(str(error)) from error
    if channels == 1:
        pixels = np.concatenate([pixels.repeat(3, -1), np.full_like(pixels, 255)], -1)
    save_picture(out, pixels, overwrite=force)


@serve.command(short_help="Stop a job.")
@job_argument
@options.engine_address
def cancel(job: str, engine: str | None, engine_key: str | None) -> None:
    """Stop a JOB that waits or is being painted; what is painted so far can be fetched."""
    found = _done_to(job, "cancel", engine, engine_key)
    click.echo(f"{found['job']} is cancelled" if found["state"] in ("waiting", "running") else "it has ended already")


@serve.command(short_help="Have a job wait, or go on.")
@job_argument
@click.option("--off", is_flag=True, help="Let it go on.")
@options.engine_address
def pause(job: str, off: bool, engine: str | None, engine_key: str | None) -> None:
    """Have a JOB wait until it is told to go on; one that is being painted stops, and goes on from there later."""
    found = _done_to(job, "pause", engine, engine_key, on=not off)
    if found["state"] not in ("waiting", "running"):
        click.echo("it has ended already")
    else:
        click.echo(f"{found['job']} {'goes on' if off else 'is paused'}")


@serve.command(short_help="Throw a job's result away.")
@job_argument
@options.engine_address
def forget(job: str, engine: str | None, engine_key: str | None) -> None:
    """Throw away a JOB that has ended, and its result."""
    click.echo(f"{_done_to(job, 'forget', engine, engine_key)['job']} is forgotten")
