"""Asks the file system about names, without opening anything."""
for path in ("/etc/passwd", "/", "/tmp", "/proc/self", "/root"):
    for look in (os.stat, os.lstat, os.listdir, os.scandir, os.chdir, os.statvfs, os.readlink, os.listxattr, os.utime,
                 os.path.getsize, os.path.realpath):
        if look is not os.path.realpath:
            attempt(look, path)
    if os.path.exists(path) or os.access(path, os.F_OK):
        worked.append("exists " + path)
    attempt(system_call, 254, 0, path.encode() + b"\0", 2)  # inotify_add_watch
