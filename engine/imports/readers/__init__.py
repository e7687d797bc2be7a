"""The formats that paintings are read from, one file each; another package's come by entry point, named by suffix."""
