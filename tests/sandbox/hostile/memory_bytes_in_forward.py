"""MulLayer.forward writes into more memory than is allowed."""


class MulLayer(RightMul):
    def forward(self, x, y):
        return [b"x" * (1 << 20) for _ in range(2048)]
