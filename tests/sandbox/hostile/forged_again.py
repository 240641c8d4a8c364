"""MulLayer.forward says that the worker is ready, has parsed and has loaded, all over again."""
KINDS = [["ready", ["seccomp"], ""], ["parsed", [], [], [], 0], ["loaded", [], []]]


class MulLayer(RightMul):
    def forward(self, x, y):
        for kind in KINDS:
            send_frame(pack(kind))
        return x * y
