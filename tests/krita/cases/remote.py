"""The settings of an engine elsewhere: what Test says, and a painting by it."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def main():
    from common import box, docker, keep_results, opened, pause, ready, stepping, until
    from impasto.link.connection import CONNECTED

    told = yield from ready(layers="none", regions=False, strokes=200, style="painterly", brush=1.0, looseness=0.0,
                 changes={})  # fmt: skip
    own = told.connection.hello["engine"]
    engine = box(docker(), "EngineBox")
    dialog = engine.settings()
    dialog.there.setChecked(True)
    good = {"address": os.environ["ADDRESS"], "key": os.environ["KEY"]}
    found = {"own key": dialog.own.text(), "modal": dialog.isModal(), "said": {}, "ready": own}
    tried = {
        "reached": good,
        "by file": {**good, "key": os.environ["KEY_FILE"]},
        "wrong key": {**good, "key": os.environ["OTHER_KEY"]},
        "not allowed": {"address": os.environ["CLOSED_ADDRESS"], "key": os.environ["CLOSED_KEY"]},
        "dead port": {**good, "address": os.environ["DEAD_ADDRESS"]},
        "no such machine": {**good, "address": "tcp://nowhere.invalid:5570"},
        "no port": {**good, "address": "tcp://127.0.0.1"},
        "no key": {**good, "key": "abc"},
        "no engine": {**good, "address": os.environ["DUMB_ADDRESS"]},
    }
    for name, fields in tried.items():
        dialog.address.setText(fields["address"])
        dialog.key.setText(fields["key"])
        dialog.test.click()
        yield from pause(0.05)
        yield from until(dialog.test.isEnabled)
        found["said"][name] = dialog.said.text()
    dialog.key.setText("abc")
    dialog.save.click()
    found["refused"] = [dialog.isVisible(), dialog.said.text(), told.engine.remote]
    dialog.address.setText(good["address"].replace("tcp://", ""))
    dialog.key.setText(os.environ["KEY_FILE"])
    dialog.save.click()
    found["kept"] = [dialog.isVisible(), *told.engine.remote]
    yield from until(lambda: told.connection.state == CONNECTED and not told.connection.hello.get("preparing"))
    yield from pause(0.2)
    found["text"] = engine.text.text()
    yield from opened()
    jobs, packed, asked = keep_results(told), [], told.connection.asked

    def watched(kind, frames=(), **fields):
        if kind == "put":
            packed.append([fields["packed"], len(frames[0])])
        return asked(kind, frames, **fields)

    told.connection.asked = watched
    how, message = yield from stepping(told)
    found["painted"] = [how, message, jobs, packed]
    told.engine.choose(remote=False)
    yield from until(lambda: told.connection.state == CONNECTED)
    yield from pause(0.2)
    found["home again"] = [engine.text.text(), told.engine.remote]
    return found
