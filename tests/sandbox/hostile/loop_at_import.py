"""Loops for ever at the top level."""
while True:
    pass
