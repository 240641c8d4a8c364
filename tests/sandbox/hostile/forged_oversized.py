"""MulLayer.forward announces a message of four thousand million bytes."""


class MulLayer(RightMul):
    def forward(self, x, y):
        send(b"\xff\xff\xff\xff" + bytes(1 << 20))
