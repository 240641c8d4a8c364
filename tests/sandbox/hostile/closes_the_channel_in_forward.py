"""Puts another file in the place of the channel in MulLayer.forward, and stays."""
import time


class MulLayer(RightMul):
    def forward(self, x, y):
        os.close(channel)
        time.sleep(1000)
