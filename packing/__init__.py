"""What the installers of all plugins need: libraries for an editor, our own wheel, and what brings an engine."""
