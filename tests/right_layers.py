"""The two layers as most learners write them, alone and in one file, and that file with the commonest mistake."""

__all__ = ["ADD", "MUL", "RIGHT", "SWAPPED"]

ADD = """\
class AddLayer:
    def forward(self, x, y):
        return x + y

    def backward(self, dout):
        return dout, dout
"""
MUL = """\
class MulLayer:
    def forward(self, x, y):
        self.x, self.y = x, y
        return x * y

    def backward(self, dout):
        return dout * self.y, dout * self.x
"""
RIGHT = f"{ADD}\n\n{MUL}"
SWAPPED = RIGHT.replace("dout * self.y, dout * self.x", "dout * self.x, dout * self.y")
