"""A MulLayer that is thrown away never lets go."""


class MulLayer(RightMul):
    def __del__(self):
        while True:
            pass
