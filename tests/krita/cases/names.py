"""The names of Qt that the plugin uses: is there one that this Qt does not have, on a line that no test comes by?"""

import ast
from pathlib import Path

ROOMS = ("document", "link", "ui", "work")


def looked_up():
    """How many names were found, and those that are unknown, with their places."""
    import impasto
    from impasto import qt

    folder = Path(impasto.__file__).parent
    number, unknown = 0, []
    for path in own_files(folder):
        tree, known = ast.parse(path.read_text("utf-8")), {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module == "qt":
                known.update({each.name: getattr(qt, each.name) for each in node.names})
        for node in tree.body:  # _roles = QtGui.QPalette.ColorRole
            if isinstance(node, ast.Assign) and root(node.value) in known:
                known[node.targets[0].id] = eval(ast.unparse(node.value), known)
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and root(node) in known:
                number += 1
                try:
                    eval(ast.unparse(node), dict(known))
                except AttributeError as error:
                    unknown.append(f"{path.name}:{node.lineno}: {error}")
    return number, unknown


def own_files(folder):
    """The plugin's own code, without the protocol and the libraries that are packed with it."""
    return [*folder.glob("*.py"), *(path for room in ROOMS for path in (folder / room).glob("*.py"))]


def root(node):
    """What a.b.c begins with; None if it is no such chain."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None
