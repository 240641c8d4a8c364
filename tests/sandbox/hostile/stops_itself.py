"""Stops its own process with SIGSTOP in MulLayer.forward."""
import signal


class MulLayer(RightMul):
    def forward(self, x, y):
        os.kill(os.getpid(), signal.SIGSTOP)
