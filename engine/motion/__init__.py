"""Films painted: strokes are carried from frame to frame along the motion in the picture."""
