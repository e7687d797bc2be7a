"""What clients may ask for, one handler each. What comes here has been checked against the protocol."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from impasto.engine.daemon.crew import Crew
from impasto.engine.daemon.discretion import Discretion
from impasto.engine.daemon.disk_work import Later
from impasto.engine.daemon.hello import check_name, described, greeting
from impasto.engine.daemon.job_book import JobBook
from impasto.engine.daemon.jobs import MOST_WAITING
from impasto.engine.daemon.listeners import Listeners
from impasto.engine.daemon.peers import Peer
from impasto.engine.daemon.pixels_in import plane_bytes, result_bytes
from impasto.engine.daemon.spool import TIP
from impasto.engine.daemon.uploads import Uploads, check_disk
from impasto.engine.daemon.viewing import Viewing
from impasto.engine.errors import ImpastoError
from impasto.engine.styles import OWN_FOLDER, own_names, validate_style, varied
from impasto.engine.styles.own import MOST_OWN, keep_style, own_file, own_stamp
from impasto.protocol import NEWEST_VERSION, OLDEST_VERSION, ProtocolError, agreed
from impasto.protocol.messages import JOBS

_PICTURES = {name: f"{name}.raw" for name in ("picture", "before", "masks", "selection", "mask", "detail", "flow")}
_PAINTINGS = {name: f"{name}.raw" for name in ("painting", "resume", "drawn", "memory")}

# fields; bytes for a frame; nothing, where no answer is expected; or what is known later
Answer = dict[str, Any] | bytes | Later | None


@dataclass(frozen=True)
class Request:
    """A message: who sent it, over which connection, its kind, all fields of that kind, and its frames."""

    identity: bytes
    peer: Peer
    kind: str
    fields: dict[str, Any]
    frames: list[bytes]

    @property
    def client(self) -> str:
        """The client's key."""
        return self.peer.key


class Requests:
    """Answers requests.

    folder: of uploads; owner: the key that may shut the daemon down; discretion: what others may use; threads: to paint
    with, which clients are told.
    """

    def __init__(
        self,
        book: JobBook,
        listeners: Listeners,
        crew: Crew,
        viewing: Viewing,
        *,
        folder: Path,
        owner: str,
        discretion: Discretion,
        threads: int | None = None,
    ) -> None:
        self._book, self._listeners, self._crew, self._viewing = book, listeners, crew, viewing
        self._folder, self._owner, self._discretion = folder, owner, discretion
        self._uploads: dict[str, Uploads] = {}
        self._threads = threads
        self._greeted: tuple[object, dict[str, Any]] | None = None
        self.shutdown = False  # was asked for
        self._handlers: dict[str, Callable[[Request], Answer]] = {
            "hello": self._hello, "ping": lambda _: {}, "put": self._put, "seen": self._seen, "cancel": self._cancel,
            "pause": self._pause, "arrange": self._arrange,
            "attach": self._attach, "list": self._list, "fetch": self._fetch, "forget": self._forget,
            "hold": self._hold, "show": self._show, "let_go": self._let_go, "sample": self._sample,
            "keep_style": self._keep_style, "shutdown": self._shut_down, **dict.fromkeys(JOBS, self._begin),
        }  # fmt: skip

    @property
    def _greeting(self) -> dict[str, Any]:
        """What all are told, made again if there are other styles than before."""
        stamp = own_stamp()
        if self._greeted is None or self._greeted[0] != stamp:
            self._greeted = stamp, greeting(self._threads)
        return self._greeted[1]

    def answer(self, request: Request) -> Answer:
        """Do what is asked. Raises ProtocolError or ImpastoError for what cannot be done."""
        return self._handlers[request.kind](request)

    def refused(self, identity: bytes, client: str, asked: Any) -> None:
        """A message was not understood: the planes that it names go, as do those of a request that is refused.

        asked: its fields as they came; None for noise, with which goes all that its connection had put.
        """
        uploads = self._uploads_of(client)
        if asked is None:
            uploads.leave(identity)
            return
        waiting: list[Any] = [asked]
        while waiting:
            item = waiting.pop()
            if isinstance(item, str):
                uploads.drop(item)
            elif isinstance(item, (dict, list)):
                waiting += item.values() if isinstance(item, dict) else item

    def leave(self, identity: bytes) -> None:
        """A connection has ended: what it had put for a job that it did not begin goes with it."""
        for uploads in self._uploads.values():
            uploads.leave(identity)

    def clean(self) -> None:
        """Throw away uploads that nobody has come back for."""
        for uploads in self._uploads.values():
            uploads.clean()

    def _hello(self, request: Request) -> Answer:
        spoken, told = agreed(request.fields["versions"], "the client"), self._greeting
        return {
            **told,
            "styles": [self._discretion.style(request.client, style) for style in told["styles"]],
            "devices": [{**told["devices"][0], "name": self._crew.device}],
            "versions": [OLDEST_VERSION, NEWEST_VERSION],
            "version": spoken,
            "preparing": self._crew.preparing,
            "waiting": self._book.waiting(),
        }

    def _put(self, request: Request) -> Answer:
        fields = request.fields
        got = self._uploads_of(request.client).put(
            fields["plane"], fields["offset"], fields["total"], fields["packed"], request.frames[0], request.identity
        )
        return {"received": got}

    def _begin(self, request: Request) -> Answer:
        """Accept a job: all of it is on disk before the client hears so."""
        fields, uploads = request.fields, self._uploads_of(request.client)
        try:
            if self._book.waiting(request.client) >= MOST_WAITING:
                raise ProtocolError("limit", f"{MOST_WAITING} jobs wait already", "wait until some are done")
            check_name("segmenters", fields.get("method" if request.kind == "segment" else "find"))
            self._discretion.check_model(request.client, fields.get("model"))
            planes = _planes(fields, uploads)
            check_disk(self._folder, result_bytes(request.kind, fields), self._promised())
            try:
                return self._book.accept(request.client, request.kind, fields, planes, request.identity)
            except ImpastoError as error:
                raise ProtocolError("disk", str(error), "then send it again") from error
        finally:
            for name in _names(fields):  # also of what was refused: who asks again sends them again
                uploads.drop(name)

    def _seen(self, request: Request) -> Answer:
        self._listeners.seen(request.peer, request.fields["job"], request.fields["seq"])
        return None

    def _cancel(self, request: Request) -> Answer:
        self._book.cancel(self._book.own(request.client, request.fields["job"]))
        return {}

    def _pause(self, request: Request) -> Answer:
        return self._book.pause(self._book.own(request.client, request.fields["job"]), request.fields["on"])

    def _arrange(self, request: Request) -> Answer:
        return self._book.arrange([self._book.own(request.client, id) for id in request.fields["jobs"]])

    def _attach(self, request: Request) -> Answer:
        job = self._book.own(request.client, request.fields["job"])
        outcome = self._book.results.outcome(job)
        self._listeners.attach(job, request.identity, request.peer, request.fields["since"], outcome)
        return self._book.described(job)

    def _list(self, request: Request) -> Answer:
        return {"jobs": self._book.listed(request.client)}

    def _fetch(self, request: Request) -> Answer:
        fields = request.fields
        job = self._book.own(request.client, fields["job"])
        return self._book.results.read(job, fields["file"], fields["offset"], fields["size"])

    def _forget(self, request: Request) -> Answer:
        return self._book.results.forget(self._book.own(request.client, request.fields["job"]))

    def _hold(self, request: Request) -> Answer:
        plane, id = request.fields["painting"], request.fields["job"]
        uploads = self._uploads_of(request.client)
        try:
            if (plane is None) == (id is None):
                raise ProtocolError("malformed", "either painting or job says what is held")
            if id is not None:
                return self._book.results.painting(
                    self._book.own(request.client, id),
                    lambda file: {"handle": self._viewing.hold(request.identity, request.client, file, keep=True)},
                )
            file = uploads.take(plane)
            return {"handle": self._viewing.hold(request.identity, request.client, file, keep=False)}
        finally:
            if plane is not None:
                uploads.drop(plane)

    def _show(self, request: Request) -> Answer:
        self._viewing.show(request.identity, request.client, request.fields)
        return {}

    def _let_go(self, request: Request) -> Answer:
        self._viewing.let_go(request.identity, request.fields["handle"])
        return {}

    def _sample(self, request: Request) -> Answer:
        check_name("media", request.fields["medium"])
        self._viewing.sample(request.identity, request.client, request.fields["medium"])
        return {}

    def _keep_style(self, request: Request) -> Answer:
        name, replace = request.fields["name"], request.fields["replace"]
        if own_file(name).exists():
            if not replace:
                raise ProtocolError("exists", f"there is a style {name} already", "choose another name, or replace it")
            if request.client != self._owner:
                raise ProtocolError("forbidden", f"the style {name} is of the engine's user", "choose another name")
        elif request.client != self._owner and len(own_names()) >= MOST_OWN // 2:
            raise ProtocolError("limit", "there are many styles already", "ask the engine's user to delete some")
        style = validate_style(request.fields["style"], "the style")
        style = varied(style, request.fields["brush"], request.fields["looseness"])
        values = style.model_dump(mode="json")
        if tip := values.get("medium", {}).get("tip"):
            values["medium"]["tip"] = tip.removeprefix(f"{OWN_FOLDER}/")  # beside which it will lie
        return {"style": self._discretion.style(request.client, described(keep_style(name, values, replace)))}

    def _shut_down(self, request: Request) -> Answer:
        if request.client != self._owner:
            raise ProtocolError("forbidden", "only the engine's own user may stop it")
        self.shutdown = True
        return {}

    def _uploads_of(self, client: str) -> Uploads:
        if client not in self._uploads:
            self._uploads[client] = Uploads(self._folder, client, lambda: self._book.brought(client), self._promised)
        return self._uploads[client]

    def _promised(self) -> int:
        return sum(uploads.missing for uploads in self._uploads.values())


def _names(fields: dict[str, Any]) -> list[str]:
    """The names of all planes that a job comes with."""
    names = [fields[name]["plane"] for name in (*_PICTURES, "tip") if fields.get(name) is not None]
    return names + [fields[name] for name in _PAINTINGS if fields.get(name) is not None]


def _planes(fields: dict[str, Any], uploads: Uploads) -> dict[str, Path]:
    """The planes of a job by the file names they get. Raises ProtocolError "plane"."""
    planes, names = {}, _names(fields)
    if len(set(names)) < len(names):
        raise ProtocolError("plane", "one plane is used twice", "put it twice")
    for name, file in _PICTURES.items():
        if fields.get(name) is not None:
            planes[file] = uploads.take(fields[name]["plane"])
            _check_size(name, fields[name], planes[file])
    for name, file in _PAINTINGS.items():
        if fields.get(name) is not None:
            planes[file] = uploads.take(fields[name])
    if fields.get("tip") is not None:
        planes[TIP] = uploads.take(fields["tip"]["plane"])
    return planes


def _check_size(name: str, fields: dict[str, Any], path: Path) -> None:
    is_picture = name in ("picture", "before", "flow")
    wanted = plane_bytes(fields) if is_picture else fields["count"] * fields["height"] * fields["width"]
    if path.stat().st_size != wanted:
        raise ProtocolError("plane", f"{name} has {path.stat().st_size} bytes instead of {wanted}", "send it whole")
