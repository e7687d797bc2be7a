"""The command line, run from a checkout: `python cli.py COMMAND`. Installed, it is `impasto COMMAND`."""

from impasto.commands.main import main

if __name__ == "__main__":
    main()
