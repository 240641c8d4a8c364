"""MulLayer.backward never returns; its forward is right."""


class MulLayer(RightMul):
    def backward(self, dout):
        while True:
            pass
