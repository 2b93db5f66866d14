"""Makers of the plugs that a function of the cloud talks to the outside with, one a file."""
