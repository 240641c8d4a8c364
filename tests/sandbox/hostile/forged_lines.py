"""Reports errors on lines that no file has."""
LINES = [0, -1, 10**18, 2**64 - 1, -(2**63)]


class MulLayer(RightMul):
    def forward(self, x, y):
        case, step = asked()
        send_frame(pack(["f", case, step, "ValueError", "nowhere", LINES[@VARIANT@]]))
        os._exit(0)
