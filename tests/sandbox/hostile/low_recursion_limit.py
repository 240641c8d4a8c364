"""Leaves the worker as little stack as Python permits."""


def lower():
    for limit in range(1, 1000):
        try:
            sys.setrecursionlimit(limit)
        except RecursionError:
            continue
        return


lower()
