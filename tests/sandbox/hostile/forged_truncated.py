"""MulLayer.forward sends half a message and ends its process."""


class MulLayer(RightMul):
    def forward(self, x, y):
        send((1000).to_bytes(4, "little") + bytes(10))
        os._exit(0)
