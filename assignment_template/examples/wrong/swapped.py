# The gradients of w and x in the other order.
class LineLayer:
    def forward(self, w, x, b):
        self.w, self.x = w, x
        return w * x + b

    def backward(self, dout):
        return dout * self.w, dout * self.x, dout
