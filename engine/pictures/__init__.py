"""Any picture in, and its pixels at any size."""
