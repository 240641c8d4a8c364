"""Leaves files, folders, links and pipes wherever it can."""


def write(path):
    with open(path, "w") as file:
        file.write("x")


for folder in ("/tmp", "/dev/shm", "/var/tmp", "/run", "/", ".", os.path.expanduser("~"), "/run/lock", "/dev/mqueue"):
    path = os.path.join(folder, token)
    attempt(write, path)
    attempt(os.open, path + "-2", os.O_CREAT | os.O_WRONLY)
    attempt(os.mkdir, path + "-3")
    attempt(os.symlink, "/etc/passwd", path + "-4")
    attempt(os.mkfifo, path + "-5")
    attempt(os.link, "/etc/passwd", path + "-6")
    attempt(os.open, folder, os.O_TMPFILE | os.O_RDWR)
    attempt(system_call, 85, path.encode() + b"-7\0", 0o600)  # creat
