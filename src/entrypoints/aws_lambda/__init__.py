"""One function of the cloud a file: its trigger becomes one use case."""
