"""MulLayer.forward answers every question with as many bytes as one message may have."""
import numpy as np


class MulLayer(RightMul):
    def forward(self, x, y):
        return tuple(np.ones(8000) for _ in range(4))

    def backward(self, dout):
        return tuple(np.ones(8000) for _ in range(4))
