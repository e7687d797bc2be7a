"""Networks: which there are, fetching them, checking what was fetched, running them."""
