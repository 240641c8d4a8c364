"""MulLayer.forward calls abort()."""


class MulLayer(RightMul):
    def forward(self, x, y):
        os.abort()
