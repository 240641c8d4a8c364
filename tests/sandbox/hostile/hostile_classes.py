"""Puts classes beside the layers that resist being looked at."""


class Secretive(type):
    def __dir__(cls):
        raise SystemExit

    @property
    def __module__(cls):
        raise SystemExit

    @property
    def __name__(cls):
        return 7


class Odd(metaclass=Secretive):
    pass


class Wordy(type):
    def __dir__(cls):
        return [7, None, "x" * 100000, "\udc80", *map(str, range(100000))]


class Verbose(metaclass=Wordy):
    pass


class Liar:
    @property
    def __class__(self):
        raise SystemExit


liar = Liar()
globals()["\udc80"] = type("S", (), {"__module__": "submission"})
globals()[7] = 7
