"""MulLayer.forward fills a dict with numbers that all have one hash."""


class MulLayer(RightMul):
    def forward(self, x, y):
        return len({number * (2**61 - 1): 0 for number in range(1, 1000000)})
