"""The ways to find regions, one file each."""
