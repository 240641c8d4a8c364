"""The layer that the expected values come from. It is never shown to a learner's code."""


class LineLayer:
    """out = w * x + b.

    If only w grows by a small h, out grows by h * x; if only x does, by h * w; if only b does, by h.
    """

    def forward(self, w, x, b):
        """Return the value of the line at x, and keep what backward needs."""
        self.w = w
        self.x = x
        return w * x + b

    def backward(self, dout):
        """Return (dw, dx, db): the upstream gradient times each local derivative."""
        dw = dout * self.x
        dx = dout * self.w
        db = dout * 1
        return dw, dx, db
