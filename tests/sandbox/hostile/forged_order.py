"""Answers the question after the one that was asked, in MulLayer.forward."""


class MulLayer(RightMul):
    def forward(self, x, y):
        case, step = asked()
        send_frame(pack(["a", case, step + 1, True, [y, x], []]))
        return x * y
