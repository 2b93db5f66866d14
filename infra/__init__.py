"""The AWS side of the trader: one stack, one kind of resource a file."""
