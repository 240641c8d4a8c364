"""MulLayer.forward sends a message that is two hundred thousand lists deep."""


class MulLayer(RightMul):
    def forward(self, x, y):
        case, step = asked()
        send_frame(pack(["a", case, step, False])[:-1].replace(b"\x94", b"\x96", 1) + b"\xc2" + b"\x91" * 200000)
