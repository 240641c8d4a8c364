"""Sends signals to everything that is not itself."""
import signal

for process in (os.getppid(), grader, -1, 0, 1, -os.getppid(), -grader):
    for number in (0, signal.SIGCONT):
        attempt(os.kill, process, number)
    if process > 0:
        attempt(system_call, 234, process, process, 0)  # tgkill
        attempt(system_call, 200, process, 0)  # tkill
        attempt(system_call, 129, process, 0, bytes(128))  # rt_sigqueueinfo
        attempt(os.pidfd_open, process)
attempt(os.pidfd_open, os.getpid())
