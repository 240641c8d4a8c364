"""Reads what the kernel tells about this process and the machine."""
for path in ("self/mem", "self/maps", "self/environ", "self/status", "self/fd/3", "thread-self/stat", "cpuinfo", "kcore",
             "keys", "net/tcp", "net/unix", "sys/kernel/osrelease", "1/environ", "1/cmdline"):
    attempt(open, "/proc/" + path, "rb")
attempt(open, "/sys/kernel/notes", "rb")
