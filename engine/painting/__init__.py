"""The result as data: strokes, the masks of regions, the file they are kept in, and their pixels."""
