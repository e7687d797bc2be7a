"""The daemon: a process of its own that paints for any number of clients. It loses nothing and lets no stranger in."""
