"""MulLayer.forward raises an exception whose text raises, whose traceback lies and whose class has no name."""


class Meta(type):
    @property
    def __name__(cls):
        raise SystemExit

    @property
    def __qualname__(cls):
        raise SystemExit


class Trap(BaseException, metaclass=Meta):
    def __str__(self):
        raise self

    __repr__ = __str__
    __cause__ = __context__ = property(__str__)


class MulLayer(RightMul):
    def forward(self, x, y):
        raise Trap
