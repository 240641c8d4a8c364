"""Ends its process with status 0 at the top level."""
os._exit(0)
