"""All ends are good ones: a folder that cannot be written, an engine killed, a mask chosen, documents closed."""

import ast
import re
import time
from pathlib import Path

PHOTO_SIZE = (320, 320)
IN_KRITA = Path(__file__).parents[2] / "plugin_krita" / "impasto"


def test_only_the_guard_connects_handlers_and_puts_off():
    """And what Qt or Krita call by name is guarded: their names are the only ones in camel case."""
    unguarded = []
    for path in IN_KRITA.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and path.name != "guard.py":
                owner = ast.unparse(node.func.value)
                if node.func.attr == "singleShot" or (node.func.attr == "connect" and not owner.endswith("socket")):
                    unguarded.append(f"{path.name}:{node.lineno}")
            if isinstance(node, ast.FunctionDef) and re.fullmatch("setup|[a-z]+[A-Z].*", node.name):
                first = node.decorator_list or node.body[-1:]
                if not re.search(r"^guarded$|attempt\(", ast.unparse(first[0])):
                    unguarded.append(f"{path.name}: {node.name}")
    assert not unguarded


def test_a_folder_that_cannot_be_made_is_said_once(in_window, photo):
    found = in_window("unwritable", photo=photo, impasto_home="/proc/self/impasto")
    sentence = "The folder /proc/self/impasto cannot be made (No such file or directory); set IMPASTO_HOME to a folder "
    sentence += "that can be written."
    assert (found["engine"], found["start"]) == (sentence, True)
    assert found["problem"] == found["settings"] == sentence
    assert found["paint"] == ["failed", "The engine is not running; start it first."]
    assert found["fault"].startswith("This should not have happened: unsupported operand") and found["again"] == []


def test_an_engine_that_was_killed_is_said_to_have_stopped_and_cancel_needs_none(in_window, engine, photo, patience):
    def wait_for(path: Path) -> None:
        end = time.monotonic() + patience
        while not path.exists():
            assert time.monotonic() < end
            time.sleep(0.05)

    def meanwhile(folder: Path) -> None:
        for number in (1, 2):
            wait_for(folder / f"kill {number}")
            engine.kill()
            (folder / f"killed {number}").touch()
            wait_for(folder / f"start {number}")
            engine.start()

    found = in_window("stopped", meanwhile=meanwhile, photo=photo)
    goes_on = "The engine has stopped. Start it again, and the painting goes on."
    assert found["said"] == [goes_on, "waiting for the engine", True] and found["shaky"] == []
    assert found["cancelled"] == [["cancelled", True], False, 1, "The engine has stopped."]
    assert found["kept"] == ["JOB.unwanted"]
    assert not found["offered"] and not any(found["listed"])
    busy, message, layers = found["left"]
    kept = "What was painted so far is kept in its group, and can be continued when its engine is there again."
    assert not busy and message == kept and layers == 2
    assert found["forgotten"] and found["next"] == ["done", ""]


def test_beside_the_layer_that_a_chosen_mask_lies_on(in_window, photo, plugin_home):
    """In a Krita that speaks French, so that what is made is called as the artist says."""
    language = plugin_home / ".config" / "klanguageoverridesrc"
    language.write_text("[Language]\nkrita=fr\n", "utf-8")
    try:
        found = in_window("mask_active", photo=photo)
    finally:
        language.unlink()
    assert found["button"] == "Peindre" and found["styles"][:2] == ["abstrait", "alla prima"]
    assert found["painted"] == found["applied"] == ["done", ""]
    how, said = found["in group"]  # which has frames
    assert how == "done" and said.startswith("Ceci est animé")
    background, group = found["tree"]
    assert background[0] == "Background" and [kind for _, kind, _ in background[2]] == ["transparencymask"]
    assert group[:2] == ["Background – pictural", "grouplayer"] and found["active"] == "transparencymask"
    assert found["beside"] == ["Background", "Background – pictural", "Background – pictural"]
    assert found["group"] == ["inner", "inner – pictural"]
    assert found["no layer"] == ["selectionmask", "failed", "Choisissez d'abord un calque."]


def test_hidden_documents_may_be_closed_at_any_time_and_so_may_all(in_window, photo):
    found = in_window("all_closed", photo=photo)
    assert found["first"] == found["second"] == ["done", ""] and found["hidden"] == []
    assert found["closed"] > 0 and found["tree"] == 2 and found["painted"]
    assert found["third"][0] == "failed" and "was closed" in found["third"][1]
    assert found["back"] == ["done", ""] and found["delivered"] == [["Background", "Background – painterly"]]
