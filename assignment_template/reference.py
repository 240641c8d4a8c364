"""The layer that the expected values come from. It is never shown to a learner's code."""


class SubLayer:
    """out = x - y. If only x grows by a small h, out grows by h; if only y does, out shrinks by h."""

    def forward(self, x, y):
        """Return the difference of x and y."""
        return x - y

    def backward(self, dout):
        """Return (dx, dy): the upstream gradient times 1 for x, and times -1 for y."""
        return dout, -dout
