"""Takes four times the memory that is allowed, in blocks, at the top level."""
blocks = []


def take():
    for _ in range(2048):
        blocks.append(bytearray(1 << 20))


attempt(take)
blocks.clear()
