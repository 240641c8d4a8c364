"""Lifts the limit on recursion, then recurses through C code."""
sys.setrecursionlimit(2**31 - 1)


class Deep:
    def __init__(self, inner):
        self.inner = inner

    def __repr__(self):
        return repr([self])


class MulLayer(RightMul):
    def forward(self, x, y):
        return repr(Deep(None))
