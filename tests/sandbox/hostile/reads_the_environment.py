"""Looks for the grader's environment: in os.environ, and in the block that the kernel left on the stack."""
secret = ("dout_test_" + "secret").upper().encode()


def initial_block():
    stack = ctypes.c_void_p.in_dll(ctypes.CDLL(None), "__libc_stack_end").value
    count = ctypes.c_long.from_address(stack).value
    address = ctypes.c_void_p.from_address(stack + 8 * count).value
    while True:
        address += len(ctypes.string_at(address)) + 1
        text = ctypes.string_at(address)
        if b"=" not in text:
            return
        yield text


block = list(initial_block())
if any(secret in text for text in block) or any(secret.decode() in name for name in os.environ):
    worked.append("found the secret")
if not block:
    worked.append("this attack is broken: it found no environment block")
