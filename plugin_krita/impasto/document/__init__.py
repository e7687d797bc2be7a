"""Krita's documents: pixels, layers, selections and annotations out of them and into them."""
