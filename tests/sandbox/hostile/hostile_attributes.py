"""MulLayer answers every question about itself with an error."""


class MulLayer(RightMul):
    def __getattribute__(self, name):
        raise SystemExit(name)
