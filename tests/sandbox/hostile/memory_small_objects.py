"""MulLayer.forward fills memory with small objects."""


class MulLayer(RightMul):
    def forward(self, x, y):
        return list(range(1 << 28))
