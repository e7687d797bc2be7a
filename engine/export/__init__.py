"""What a painting is given away as: pictures of layers, documents of layers, plots."""
