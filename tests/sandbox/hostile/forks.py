"""Starts fifty processes."""
import time


def spawn():
    if os.fork() == 0:
        time.sleep(5)
        os._exit(0)


for _ in range(50):
    attempt(spawn)
