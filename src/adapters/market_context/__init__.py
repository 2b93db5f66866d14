"""Where the mood of the whole market comes from."""
