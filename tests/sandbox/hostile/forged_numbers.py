"""Answers with numbers that do not fit: cases and steps that do not exist, booleans, floats."""


class MulLayer(RightMul):
    def forward(self, x, y):
        case, step = asked()
        for number in (2**63, -(2**63), 2**64 - 1, True, 1.5, None):
            send_frame(pack(["a", number, step, False, [1.0], []]))
            send_frame(pack(["f", case, number, "E", "", None]))
