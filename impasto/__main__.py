"""`python -m impasto`: the command line."""

import sys

# `python -m` puts the working folder in front of all: a random.py that lies there would be run instead of Python's own
if not getattr(sys.flags, "safe_path", sys.flags.isolated):
    del sys.path[0]

from impasto.commands.main import main

if __name__ == "__main__":
    main()
