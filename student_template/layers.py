"""Chapter 5: write the two layers, then check them with:  pytest --grade

A layer is one node of a computational graph.
forward(x, y) gets two inputs and returns one output.
backward(dout) gets the upstream gradient dout and returns the gradients of x and y.
"""


class AddLayer:
    """out = x + y"""

    def __init__(self):
        pass  # does this layer have to remember anything?

    def forward(self, x, y):
        raise NotImplementedError  # return the output

    def backward(self, dout):
        raise NotImplementedError  # return dx, dy


class MulLayer:
    """out = x * y"""

    def __init__(self):
        self.x = None
        self.y = None

    def forward(self, x, y):
        raise NotImplementedError  # keep x and y in self, return the output

    def backward(self, dout):
        raise NotImplementedError  # return dx, dy
