"""What GIMP 3 loads (impasto-gimp.py and the folder impasto), and the installer that brings it there."""
