"""What is done in steps: painting, repainting, finding regions."""
