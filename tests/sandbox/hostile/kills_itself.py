"""Ends its own process with SIGKILL in MulLayer.forward."""
import signal


class MulLayer(RightMul):
    def forward(self, x, y):
        os.kill(os.getpid(), signal.SIGKILL)
