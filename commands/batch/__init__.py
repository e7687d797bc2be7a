"""`impasto batch`: any number of photos, painted one beside the other."""
