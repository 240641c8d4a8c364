# The local derivatives alone: right only where dout is 1. A wrong answer must not earn every point.
class LineLayer:
    def forward(self, w, x, b):
        self.w, self.x = w, x
        return w * x + b

    def backward(self, dout):
        return self.x, self.w, 1.0
