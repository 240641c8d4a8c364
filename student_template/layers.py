"""Chapter 5: write the two layers, then check them with:  pytest --grade

A layer is one node of a computational graph: two numbers go in, one comes out.
forward(x, y) gets the two inputs and returns the output.
backward(dout) gets the upstream gradient dout: how much the final result changes
when the output of this layer grows by 1. It returns the same for x and for y.

README.md says in which order to go. Replace each line "raise NotImplementedError".
"""


class AddLayer:
    """The node that adds: out = x + y."""

    def __init__(self):
        """Nothing comes in. Does backward need anything that forward has seen?"""

    def forward(self, x, y):
        """Step 1: add.

        In: x and y, two numbers, or two arrays of the same shape.
        Out: one value, the sum. forward(2, 3) returns 5.
        """
        raise NotImplementedError

    def backward(self, dout):
        """Step 2: say how much x and y count.

        In: dout, the upstream gradient.
        Out: two values, dx and dy.
        Ask yourself: when only x grows by 1, how much does x + y grow?
        """
        raise NotImplementedError


class MulLayer:
    """The node that multiplies: out = x * y."""

    def __init__(self):
        """Nothing comes in. Here is room for what forward keeps for backward."""
        self.x = None
        self.y = None

    def forward(self, x, y):
        """Step 3: multiply, and keep what backward will need.

        In: x and y, two numbers, or two arrays of the same shape.
        Out: one value, the product. forward(2, 3) returns 6.
        """
        raise NotImplementedError

    def backward(self, dout):
        """Step 4: say how much x and y count.

        In: dout, the upstream gradient.
        Out: two values, dx and dy.
        Ask yourself: when only x grows by 1, how much does x * y grow? Try x = 2, y = 3.
        """
        raise NotImplementedError
