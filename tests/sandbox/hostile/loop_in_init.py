"""MulLayer() never returns."""


class MulLayer(RightMul):
    def __init__(self):
        while True:
            pass
