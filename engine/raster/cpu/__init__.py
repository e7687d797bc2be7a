"""The CPU backend: kernels in Numba, work spaces and threads around them."""
