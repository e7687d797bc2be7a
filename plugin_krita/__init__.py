"""What Krita loads (the folder impasto and the two files beside it), and the installer that brings it there."""
