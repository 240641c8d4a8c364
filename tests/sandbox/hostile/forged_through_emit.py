"""MulLayer.forward finds the worker's own way of answering in a frame above, and answers first."""


class MulLayer(RightMul):
    def forward(self, x, y):
        case, step = asked()
        Answer = sys.modules["harness.sandbox.protocol"].Answer
        evaluating().f_locals["emit"](Answer(case, step, False, [x * y]))
        return x * y + 1
