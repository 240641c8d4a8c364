"""MulLayer.forward raises SystemExit."""


class MulLayer(RightMul):
    def forward(self, x, y):
        sys.exit(0)
