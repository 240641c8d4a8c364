"""Has the kernel send signals to the grader when the channel is written to."""
import fcntl

attempt(fcntl.fcntl, channel, 8, grader)  # F_SETOWN
attempt(fcntl.fcntl, channel, 10, 18)  # F_SETSIG, SIGCONT
attempt(fcntl.fcntl, channel, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
attempt(fcntl.fcntl, channel, fcntl.F_SETFL, 0)
attempt(fcntl.fcntl, channel, 1024, 0)  # F_SETLEASE
attempt(fcntl.lockf, channel, fcntl.LOCK_EX | fcntl.LOCK_NB)
attempt(fcntl.fcntl, channel, fcntl.F_DUPFD, 10)
attempt(os.set_blocking, channel, False)
