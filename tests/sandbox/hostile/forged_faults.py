"""Reports that steps failed which were not asked yet, or were answered."""


class MulLayer(RightMul):
    def backward(self, dout):
        case, step = asked()
        send_frame(pack(["f", case, 1, "ValueError", "the forward, after all", 1]))
