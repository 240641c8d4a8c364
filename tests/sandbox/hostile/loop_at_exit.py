"""Loops when the interpreter ends."""
import atexit


def forever():
    while True:
        pass


atexit.register(forever)
