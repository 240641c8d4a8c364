"""MulLayer.forward answers with no value at all, which no worker does."""


class MulLayer(RightMul):
    def forward(self, x, y):
        case, step = asked()
        send_frame(pack(["a", case, step, False, [], []]))
