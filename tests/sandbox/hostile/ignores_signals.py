"""Ignores every signal that can be ignored, then loops in MulLayer.forward."""
import signal

for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass


class MulLayer(RightMul):
    def forward(self, x, y):
        while True:
            pass
