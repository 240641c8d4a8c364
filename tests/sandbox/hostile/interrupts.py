"""MulLayer.forward raises KeyboardInterrupt, as Ctrl-C would."""


class MulLayer(RightMul):
    def forward(self, x, y):
        raise KeyboardInterrupt
