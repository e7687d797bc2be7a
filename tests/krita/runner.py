"""Inside Krita: calls the script that was named, and writes down what it answers."""

import json
import os
import runpy
import traceback
from pathlib import Path


def __main__(words: list[str]) -> None:
    """What kritarunner calls."""
    found = {}
    try:
        found["answer"] = runpy.run_path(os.environ["KRITA_SCRIPT"])["main"](*words)
    except BaseException:
        found["error"] = traceback.format_exc()
    Path(os.environ["KRITA_ANSWER"]).write_text(json.dumps(found), "utf-8")
