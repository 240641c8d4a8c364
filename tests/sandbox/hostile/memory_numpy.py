"""MulLayer.forward asks numpy for more memory than is allowed."""
import numpy as np


class MulLayer(RightMul):
    def forward(self, x, y):
        return np.ones(1 << 28)
