"""The commands of the command line, one a file, and the rooms they share."""
