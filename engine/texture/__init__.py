"""Strokes with bristles, relief and light: textures, numbers, kernels. What a medium is, see `engine.media`."""
