"""MulLayer.forward answers with a hundred thousand values."""


class MulLayer(RightMul):
    def forward(self, x, y):
        case, step = asked()
        send_frame(pack(["a", case, step, True, [1.0] * 20000, []]))
        send_frame(pack(["a", case, step, True, [[]] * 100000, []]))
