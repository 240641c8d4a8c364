"""MulLayer.forward sends texts that are not UTF-8."""


class MulLayer(RightMul):
    def forward(self, x, y):
        case, step = asked()
        send_frame(pack(["f", case, step, "@@", "text", 1]).replace(b"@@", b"\xff\xfe"))
