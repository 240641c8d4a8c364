"""Deletes every builtin name in MulLayer.forward, one at a time, the exceptions first."""
import builtins


class MulLayer(RightMul):
    def forward(self, x, y):
        for name in sorted(vars(builtins)):
            if name not in ("delattr", "builtins"):
                delattr(builtins, name)
