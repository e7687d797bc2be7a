"""The formats a painting is written in, one file each; another package's come by entry point, named by its suffix."""
