"""Starts other programs in every way that Python and the kernel offer."""


def child_that_ends(number, *arguments):
    child = system_call(number, *arguments)
    if child == 0:
        os._exit(0)


def shell():
    if os.system("true"):
        raise OSError


attempt(os.posix_spawn, "/bin/true", ["true"], {})
attempt(shell)
attempt(child_that_ends, 57)  # fork
attempt(child_that_ends, 56, 17, None, None, None, None)  # clone with SIGCHLD
attempt(child_that_ends, 435, bytes(32) + (17).to_bytes(8, "little") + bytes(48), 88)  # clone3
attempt(os.execv, "/bin/true", ["true"])
