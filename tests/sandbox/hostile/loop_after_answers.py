"""Loops where the worker would say that it is done."""


def forever(*arguments):
    while True:
        pass


sys.modules["harness.sandbox.worker"].Done = forever
