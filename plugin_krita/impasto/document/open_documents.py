"""Documents and nodes by their keys. Any may be closed between two turns of the event loop, by the user or by a script,
and Krita does not survive the use of a closed one's handle: so nobody keeps handles, and each is looked up when needed.
"""

from __future__ import annotations

from typing import Any

from krita import Krita

from ..easel.words import tr

# documents by the ids of their roots, which those share that Krita copies; handles are compared here, and no more
_seen: dict[str, list[Any]] = {}


class CanvasError(Exception):
    """What is wrong with the document, in a sentence for the user."""


def active_document() -> Any:
    """The document that is looked at, or None."""
    return Krita.instance().activeDocument()


def main_window() -> Any:
    """Krita's window in front, for dialogs to lie over; None if there is none."""
    window = Krita.instance().activeWindow()
    return None if window is None else window.qwindow()


def key_of(document: Any) -> str:
    """What tells an open document from all others, as long as it is open; nothing if there is none."""
    root = None if document is None else document.rootNode()
    if root is None:  # Krita is just reading it
        return ""
    uid = id_of(root)
    alike = _seen.setdefault(uid, [])
    if document not in alike:
        # not the handle that was given: with one that a script was given to keep, Krita closes the document
        there = Krita.instance().documents()
        number = next((k for k, other in enumerate(alike) if other not in there), len(alike))
        # in the place of one that was closed: a file that is opened again is the same document, also after a restart
        alike[number : number + 1] = [each for each in there if each == document]
    number = alike.index(document) if document in alike else len(alike)  # a script's own copy is among no documents
    return f"{uid}-{number}" if number else uid


def active_key() -> str:
    """The key of the document that is looked at, or nothing."""
    return key_of(active_document())


def document_of(key: str) -> Any:
    """The open document with this key, or None."""
    return next((document for document in Krita.instance().documents() if key_of(document) == key), None)


def is_open(key: str) -> bool:
    """Is it still open?"""
    return document_of(key) is not None


def open_document(key: str) -> Any:
    """The document with this key. Raises CanvasError if it was closed."""
    document = document_of(key)
    if document is None:
        raise CanvasError(tr("The document was closed; open it again first."))
    return document


def node_of(key: str, uid: str) -> Any:
    """The node of a unique id, or None if it is gone, or its document is."""
    document = document_of(key) if uid else None
    return None if document is None else found_below(document.rootNode(), uid)


def found_below(root: Any, uid: str) -> Any:
    """The node of a unique id under `root`, or None."""
    for child in root.childNodes():
        if id_of(child) == uid:
            return child
        below = found_below(child, uid)
        if below is not None:
            return below
    return None


def hung(key: str, node: Any, beside: str) -> bool:
    """Add a node to an open document, above the node `beside` or what that masks, else on top: one undo step.

    Returns whether it is there; Krita says that a node was added, also where it was not.
    """
    uid = id_of(node)
    root = open_document(key).rootNode()
    above = layer_of(found_below(root, beside)) if beside else None
    for parent, below in ((root if above is None else above.parentNode(), above), (root, None)):
        if is_open(key) and node_of(key, uid) is None:
            parent.addChildNode(node, below)
    return node_of(key, uid) is not None


def layer_of(node: Any) -> Any:
    """The layer that a mask lies on, a layer as it is; None for what lies on no layer, as the selection may."""
    while node is not None and node.type().endswith("mask"):
        node = node.parentNode()
    return None if node is None or node.parentNode() is None else node


def is_animated(key: str, uid: str = "") -> bool:
    """Has a node frames, or one of those in it that are seen? uid: of the node; empty for the whole document."""
    root = open_document(key).rootNode()
    node = found_below(root, uid) if uid else root
    return node is not None and _has_frames(node, root)


def _has_frames(node: Any, root: Any) -> bool:
    if node.animated() or (node.type() == "clonelayer" and _any_frames(root)):  # of which layer, Krita does not tell
        return True
    return any(_has_frames(each, root) for each in node.childNodes() if each.visible())


def _any_frames(node: Any) -> bool:
    return node.animated() or any(_any_frames(each) for each in node.childNodes())


def groups_above(node: Any) -> list[str]:
    """The unique ids of the groups a node lies in, the innermost first."""
    parent = node.parentNode()
    return [] if parent is None else [id_of(parent), *groups_above(parent)]


def id_of(node: Any) -> str:
    """A node's unique id, as text."""
    return node.uniqueId().toString()


def space_of(thing: Any) -> tuple[str, str, str]:
    """The colour space of a document or a node: model, depth, profile."""
    return thing.colorModel(), thing.colorDepth(), thing.colorProfile()
