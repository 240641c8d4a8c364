"""Starts a process whose child has a child, and so on: killing the first leaves the others behind."""
import time


def family():
    if os.fork() == 0:
        for _ in range(5):
            if os.fork():
                break
        time.sleep(5)
        os._exit(0)
    time.sleep(0.1)


attempt(family)
