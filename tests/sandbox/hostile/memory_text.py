"""MulLayer.forward formats one number into ten thousand million characters."""


class MulLayer(RightMul):
    def forward(self, x, y):
        return f"{1:>10000000000}"
