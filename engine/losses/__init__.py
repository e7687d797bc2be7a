"""What the painter minimises, one file per loss."""
