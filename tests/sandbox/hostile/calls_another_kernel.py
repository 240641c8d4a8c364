"""Makes a system call of the x32 instruction set, which filters tend to forget."""
try:
    worked.append(str(system_call(0x40000000 + 39)))
except OSError:
    worked.append("x32 was answered")
