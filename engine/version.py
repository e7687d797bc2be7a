"""Which Impasto this is. Everything that tells it reads it here: the wheel, `--version`, `hello`, files, the plugin."""

IMPASTO_VERSION = "0.2.0"  # CHANGELOG.md begins with it
