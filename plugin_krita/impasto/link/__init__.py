"""The engine: its process, the connection to it, its jobs."""
