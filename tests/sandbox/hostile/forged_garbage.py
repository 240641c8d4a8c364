"""MulLayer.forward sends bytes that are no message."""
import random


class MulLayer(RightMul):
    def forward(self, x, y):
        for seed in range(2000):
            send_frame(random.Random(seed).randbytes(100))
