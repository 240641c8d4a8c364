"""Starts threads that do not end."""
import _thread
import time

for _ in range(20):
    attempt(_thread.start_new_thread, time.sleep, (1000,))
