"""MulLayer.forward writes into more memory than is allowed, once."""
met = []


class MulLayer(RightMul):
    def forward(self, x, y):
        if met:
            raise MemoryError
        met.append(True)
        return [b"x" * (1 << 20) for _ in range(2048)]
