"""Two mistakes at once in one method: no single name fits, so none may be given."""

from naming.templates import Named, add_backward, mul_backward

__all__ = ["TWO_AT_ONCE"]

TWO_AT_ONCE: dict[str, Named] = {
    **mul_backward(
        "return self.x, self.y",
        "return 2 * dout * self.x, 2 * dout * self.y",
        "return -dout * self.x, -dout * self.y",
        "return np.round(dout * self.x), np.round(dout * self.y)",
        "return np.float32(dout * self.x), np.float32(dout * self.y)",
        "return abs(dout) * self.x, abs(dout) * self.y",
        "return 2 * self.y, 2 * self.x",
        "return dout * self.y * 2, dout * self.x + 1",
        "return -dout * self.y, dout * self.x * 2",
    ),
    **add_backward("return 2, 2", "return -1, -1", "return 2 * self.x, 2 * self.y", "return dout * 2, dout + 1"),
}
