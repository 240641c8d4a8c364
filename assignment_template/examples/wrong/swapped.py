# The gradients in the other order. A wrong answer must not earn every point.
class SubLayer:
    def forward(self, x, y):
        return x - y

    def backward(self, dout):
        return -dout, dout
