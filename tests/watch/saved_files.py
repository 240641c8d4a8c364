"""What the tests of watching save."""

__all__ = ["NOTHING", "ONLY_ADD", "RIGHT", "TWO_MISTAKES", "WRONG"]

ADD = """
class AddLayer:
    def forward(self, x, y):
        return x + y

    def backward(self, dout):
        return dout, dout
"""
MUL = """
class MulLayer:
    def forward(self, x, y):
        self.x, self.y = x, y
        return x * y

    def backward(self, dout):
        return dout * self.y, dout * self.x
"""
RIGHT = ADD + MUL
WRONG = RIGHT.replace("dout * self.y, dout * self.x", "dout * self.x, dout * self.y")
TWO_MISTAKES = WRONG.replace("x + y", "x - y")
ONLY_ADD = ADD
NOTHING = "pass\n"
