"""Opens files by every road to the kernel."""
import io
import numpy as np


def read(path):
    with open(path, "rb") as file:
        return file.read(1)


for path in ("/etc/passwd", "/etc/hostname", "/bin/sh", "/dev/null", "/dev/zero", "/", ".", "/tmp"):
    attempt(read, path)
    attempt(os.open, path, os.O_RDONLY)
    attempt(os.open, path, os.O_PATH)
    attempt(io.FileIO, path)
    attempt(system_call, 2, path.encode() + b"\0", 0)  # open
    attempt(system_call, 437, -100, path.encode() + b"\0", bytes(24), 24)  # openat2
    attempt(system_call, 304, bytes(128), -1, 0)  # open_by_handle_at
attempt(np.fromfile, "/etc/passwd", "u1")
attempt(np.memmap, "/etc/passwd", "u1", "r")
