"""The same small assignment in the form of every peer, and how each of them is run and read."""
