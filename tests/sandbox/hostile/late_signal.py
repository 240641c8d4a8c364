"""Has the kernel send it a signal later, when another question is asked."""
import signal

signal.signal(signal.SIGALRM, lambda *arguments: worked.append("alarm"))
attempt(signal.setitimer, signal.ITIMER_REAL, 0.001, 0.001)
attempt(system_call, 37, 1)  # alarm
attempt(system_call, 222, 0, None, ctypes.create_string_buffer(64))  # timer_create
