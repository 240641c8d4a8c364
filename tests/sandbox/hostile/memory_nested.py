"""MulLayer.forward returns a list that is a thirty thousand lists deep."""


class MulLayer(RightMul):
    def forward(self, x, y):
        deep = []
        for _ in range(30000):
            deep = [deep]
        return deep
