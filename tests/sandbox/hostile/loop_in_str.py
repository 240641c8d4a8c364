"""MulLayer.forward raises an exception whose message never ends."""


class Endless(Exception):
    def __str__(self):
        while True:
            pass


class MulLayer(RightMul):
    def forward(self, x, y):
        raise Endless
