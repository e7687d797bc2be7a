"""The loops of textured strokes, for the CPU."""
