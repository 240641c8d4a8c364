"""Makes memory that can be executed, for code of its own."""
libc = ctypes.CDLL(None, use_errno=True)


def code(address):
    if address in (None, ctypes.c_void_p(-1).value):
        raise OSError
    return address


def executable(protection):
    return code(system_call(9, None, 4096, protection, 0x22, -1, 0))  # mmap


def made_executable():
    page = system_call(9, None, 4096, 3, 0x22, -1, 0)
    return system_call(10, page, 4096, 5)  # mprotect


for protection in (4, 5, 6, 7):
    attempt(executable, protection)
attempt(made_executable)
attempt(system_call, 329, 0, 0, 4, 0)  # pkey_mprotect
attempt(system_call, 30, 0, None, 0x8000)  # shmat, SHM_EXEC
attempt(ctypes.CFUNCTYPE(ctypes.c_int), lambda: 0)
attempt(ctypes.CDLL, "libm.so.6.not-loaded-yet")
