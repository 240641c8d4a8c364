"""MulLayer.forward sends messages of no bytes."""


class MulLayer(RightMul):
    def forward(self, x, y):
        send(bytes(4) * 1000)
