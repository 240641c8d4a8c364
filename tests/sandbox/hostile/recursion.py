"""MulLayer.forward calls itself."""


class MulLayer(RightMul):
    def forward(self, x, y):
        return self.forward(x, y)
