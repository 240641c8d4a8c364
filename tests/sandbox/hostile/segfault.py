"""MulLayer.forward reads address zero."""


class MulLayer(RightMul):
    def forward(self, x, y):
        ctypes.string_at(0)
