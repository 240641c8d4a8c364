# A right answer in other words than the reference: it has to earn every point.
import numpy as np


class LineLayer:
    def forward(self, w, x, b):
        self.kept = (w, x)
        return np.add(b, np.multiply(x, w))

    def backward(self, dout):
        w, x = self.kept
        return [x * dout, w * dout, dout]
