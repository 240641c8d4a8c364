"""Sleeps: no processor time is used, so no limit on it helps."""
import time


class MulLayer(RightMul):
    def forward(self, x, y):
        time.sleep(1000000)
