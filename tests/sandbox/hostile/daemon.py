"""Starts a process, in a session of its own, that outlives its parents."""
import time


def become_daemon():
    child = os.fork()
    if child == 0:
        os.setsid()
        for _ in range(3):
            if os.fork():
                os._exit(0)
            os.setsid()
        time.sleep(5)
        os._exit(0)
    os.waitpid(child, 0)


attempt(become_daemon)
