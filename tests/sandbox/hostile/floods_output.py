"""Writes a thousand million bytes to standard output and error, and as many to the descriptors below them."""
block = "x" * 10000000
for _ in range(100):
    print(block, end="")
    print(block, end="", file=sys.stderr)
    sys.__stdout__ and sys.__stdout__.write(block[:10])
data = block.encode()
for _ in range(100):
    for descriptor in (1, 2):
        try:
            os.write(descriptor, data)
        except OSError:
            pass
