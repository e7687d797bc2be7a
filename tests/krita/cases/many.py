"""All open documents are painted, each in its own; and a folder's pictures, into documents on disk."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def main():
    from common import box, docker, krita, opened, pause, ready, shown, tree, until
    from impasto.link.connection import CONNECTED
    from impasto.ui.folder import FolderDialog

    told = yield from ready(layers="none", regions=False, strokes=60, preview=False, effort="draft")
    first = yield from opened()
    second = krita.openDocument(os.environ["SECOND"])
    yield from shown(second)
    queue, ended, found = box(docker(), "RunBox").queue, [], {}
    told.run.finished.connect(ended.append)
    yield from until(lambda: told.connection.state == CONNECTED, 60)  # a busy machine may have kept it from answering
    krita.action("impasto_paint_all").trigger()
    found["begun"] = [told.message, *(piece.document for piece in told.run.pieces)]
    stages = []

    def over_all():
        stages[:] = [[piece.document, piece.stage, piece.job.id, piece.fraction] for piece in told.run.pieces]
        return not stages

    try:
        yield from until(over_all, 220)
    except TimeoutError as error:
        raise TimeoutError(f"{stages} {told.message} {told.connection.state}") from error
    yield from pause(1)
    found["all"] = [ended[:], [[name for name, _, _ in tree(document.rootNode())] for document in (first, second)]]
    del ended[:]

    pictures = Path(os.environ["PICTURES"])
    yield from until(lambda: told.connection.state == CONNECTED, 60)
    into = pictures / "new" / "painted"
    dialog = FolderDialog(told)
    dialog.open()
    dialog.folder.setText(str(pictures / "in"))
    dialog.into.setText(str(into))
    dialog.suffix.setCurrentIndex(dialog.suffix.findData(os.environ["SUFFIX"]))
    yield from pause(0.5)
    dialog.grab().save(str(pictures / "dialog.png"))
    found["dialog"] = dialog.words.text()
    open_before = len(krita.documents())
    dialog.paint.click()
    (folder,) = told.run.pieces
    seen = set()

    def over():
        seen.update(
            [folder.what] + [queue.list.item(k).text().partition(" \u2013 ")[0] for k in range(queue.list.count())]
        )
        return not told.run.pieces

    yield from until(lambda: folder.fraction > 0.3)
    docker().grab().save(str(pictures / "queue.png"))
    yield from until(over, 200)
    yield from pause(1)
    found["seen"], found["said"] = sorted(seen), [ended[:], told.message, told.details]
    found["left open"] = len(krita.documents()) - open_before
    found["files"] = sorted(path.name for path in into.iterdir())
    found["trees"] = {}
    for path in sorted(into.iterdir()):
        document = krita.openDocument(str(path))
        found["trees"][path.name] = [[name for name, _, _ in tree(document.rootNode())], document.width()]
        document.close()
    yield from until(lambda: told.connection.state == CONNECTED, 60)
    told.paint_folder(str(pictures / "in"), str(into), os.environ["SUFFIX"])
    yield from until(lambda: not told.run.pieces, 200)
    found["again"] = [ended[-1], told.message]
    return found
