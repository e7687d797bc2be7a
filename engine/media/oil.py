"""Oil: thick paint from a bristle brush, which runs dry, drags what is wet, and shines."""

from impasto.engine.media import Textured

MEDIUM = Textured
