"""Drawing: lines and hatching that are traced in the picture, as strokes like any others."""
