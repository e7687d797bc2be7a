"""Media that let the paper through: pigments, and strokes of them as they are seen on a sheet."""
