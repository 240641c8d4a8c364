"""Fills the channel at the top level faster than anybody can read."""
block = bytes(1 << 20)
while True:
    os.write(channel, block)
