"""Many pictures, or scenes of a film, painted by processes here or by many machines: one function, two runners."""
