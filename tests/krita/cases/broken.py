"""Annotations that somebody else made up: none of them does any harm, and the sound one among them is found."""

import base64
import json
import random
import struct
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def newer_settings(krita):
    """Settings of a newer Impasto, after this one has changed its own: is what it does not know kept, or as usual?"""
    from impasto.settings import GROUP, Settings

    usual = json.loads(krita.readSetting(GROUP, "settings", "{}"))
    krita.writeSetting(
        GROUP, "settings", json.dumps({**usual, "sheen": 0.5, "effort": "utmost", "brush": 99.0, "strokes": 10**7})
    )
    Settings()["seed"] = usual["seed"]
    changed = json.loads(krita.readSetting(GROUP, "settings", "{}"))
    krita.writeSetting(GROUP, "settings", json.dumps(usual))
    return changed == {**usual, "sheen": 0.5, "effort": "normal", "strokes": 0}


def main():
    from common import krita, opened, pause, ready, stepping, tree
    from impasto.document import history, krita_document
    from impasto.document.annotations import mask_bytes, mask_image
    from impasto.document.open_documents import key_of
    from impasto.work import resume
    from PyQt5.QtCore import QByteArray
    from PyQt5.QtWidgets import QListWidget

    told = yield from ready(layers="none", regions=False, strokes=300, seed=2, style="painterly")
    document = yield from opened()
    sound = {
        "source": "photo", "node": "", "visible": False, "style": "painterly", "values": {"passes": []},
        "settings": {"style": "painterly", "strokes": -5, "seed": 10**18, "layers": "all", "regions": 1, "visible": 7,
                     "preview": False, "engine": "tcp://elsewhere"},
        "layers": "none", "strokes": 300, "width": 320, "height": 320, "group": "", "date": 1,
    }  # fmt: skip

    def data(text, thumbnail=b"", painting=b"PK", magic=b"IMPASTO1"):
        text = text if isinstance(text, bytes) else json.dumps(text).encode()
        return struct.pack("<8sII", magic, len(text), len(thumbnail)) + text + thumbnail + painting

    # the header of a PNG that claims to be 60000 x 60000
    bomb = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIBBBBB", 13, b"IHDR", 60000, 60000, 8, 6, 0, 0, 0) + bytes(4)
    wrong = [
        b"", b"IMPASTO1", b"\xff" * 1000, data(b"{"), data(b"[" * 100_000), data(b"[1]"), data({**sound, "extra": 1}),
        data(sound, magic=b"IMPASTO2"), data(b'{"source": ' + b"9" * 5000 + b"}"),
        struct.pack("<8sII", b"IMPASTO1", 2**32 - 1, 2**32 - 1) + b"{}",
        struct.pack("<8sII", b"IMPASTO1", 2, 2**31) + b"{}",
        *(data({**sound, name: value}) for name, value in (
            ("width", 0), ("height", 10**9), ("strokes", -1), ("source", "x" * 10_000), ("source", 5), ("date", 1e300),
            ("date", 10**18), ("layers", "sheets"), ("values", [1]), ("values", {"a": [[]] * 6000}), ("group", None),
            ("visible", 1), ("settings", {"x": float("nan")}), ("source", "\ud800"), ("node", ["{}"]))),
    ]  # fmt: skip
    for number, content in enumerate(wrong):
        document.setAnnotation(f"impasto/{number:016x}", "", QByteArray(content))
    document.setAnnotation("impasto/../../evil", "", QByteArray(data(sound)))
    document.setAnnotation(f"impasto/{10**6:016x}", "", QByteArray(data(sound, bomb)))
    key = told.history._document
    told.settings["effort"] = "high"
    told.history._document = ""  # as if it had just been opened
    told.history.look()
    found = {"wrong": len(wrong), "entries": [[e.name, e.image().isNull()] for e in told.history.entries]}
    found["settings"] = [told.settings[name] for name in ("style", "strokes", "seed", "layers", "regions", "preview")]
    found["effort"] = [told.settings["effort"]]  # there was no other when this was painted
    found["newer"] = newer_settings(krita)
    found["same document"] = key == told.history._document
    found["listed"] = [widget.count() for widget in krita.activeWindow().qwindow().findChildren(QListWidget)
                       if type(widget.parent()).__name__ == "HistoryBox"]  # fmt: skip
    before = tree(document.rootNode())
    found["apply"] = yield from stepping(told, begin=lambda: told.apply(told.history.entries[0].name))
    krita.action("select_all").trigger()
    yield from pause(0.5)
    found["repaint"] = yield from stepping(told, begin=told.repaint)
    krita.action("deselect").trigger()
    yield from pause(0.5)
    found["same"] = tree(document.rootNode()) == before
    told.settings["effort"] = "high"
    told.connection.hello["features"].remove("effort")  # as an engine of before, which would refuse the field
    found["paint"] = yield from stepping(told)
    told.connection.hello["features"].append("effort")
    found["effort"].append(told.history.entries[0].recipe["settings"]["effort"])
    found["beside"] = len(told.history.entries)

    # many, and large ones: the oldest go
    for number in range(history.MOST_RESULTS + 3):
        big = b"PK" + bytes(9 << 20 if number < 9 else 10)
        document.setAnnotation(f"impasto/{number + 10**7:016x}", "", QByteArray(data(sound, painting=big)))
    told.history.look()
    found["shown"] = len(told.history.entries)
    told.history.remember(key_of(document), {**sound, "settings": {}}, b"", b"PK")
    found["kept"] = [len(told.history.entries), sum(e.size for e in told.history.entries) <= history.MOST_BYTES,
                     told.history.entries[0].size < 10_000]  # fmt: skip
    found["too large"] = told.history.remember(key_of(document), sound, b"", bytes(history.MOST_BYTES))

    # the mask of a job's note: noise, which hardly can be packed, and what is none
    source = krita_document.Source(document, "noise", 2048, 2048)
    source.mask = bytearray(random.Random(1).randbytes(2048 * 2048))
    text = yield from resume.written_mask(source)
    size = history.read_png(base64.b64decode(text), 2048).width()
    mask = resume.read_mask(text, 300, 200)
    found["mask"] = [
        len(text) <= resume.MOST_MASK,
        size,
        [mask.width(), mask.height()],
        len(set(mask_bytes(mask))) > 200,
    ]
    whole = krita_document.Source(document, "whole", 300, 200)
    whole.mask = bytearray(random.Random(2).randbytes(300 * 200))
    image = mask_image(whole, 300, 200)
    _others = [bytes([k]) * len(whole.mask) for k in range(50)]  # take the room of whatever was let go
    found["mask"].append(mask_bytes(image) == whole.mask)
    texts = ["", "?", "AAA", base64.b64encode(bytes(99)).decode(), base64.b64encode(bomb).decode()]
    found["broken masks"] = [resume.read_mask(text, 30, 20).isNull() for text in texts]
    return found
