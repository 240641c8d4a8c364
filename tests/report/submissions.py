"""Submissions that end in every kind of verdict, as text: two right layers with one of their four methods replaced."""

from right_layers import ADD

__all__ = ["ADD", "HOSTILE", "NOT_GRADABLE", "RIGHT", "WRONG", "mul"]


def mul(
    forward: str = "self.x = x; self.y = y; return x * y", backward: str = "return dout * self.y, dout * self.x"
) -> str:
    """Return a MulLayer with these two method bodies."""
    return f"""
class MulLayer:
    def forward(self, x, y):
        {forward}

    def backward(self, dout):
        {backward}
"""


RIGHT = ADD + mul()
#: Each is graded and loses points.
WRONG = {
    "a missing class": ADD,
    "a misspelt method": ADD + mul().replace("backward", "backword"),
    "swapped": ADD + mul(backward="return dout * self.x, dout * self.y"),
    "dout ignored": ADD + mul(backward="return self.y, self.x"),
    "nothing returned": ADD + mul(backward="pass"),
    "printed instead": ADD + mul(backward="print(dout * self.y, dout * self.x)"),
    "text returned": ADD + mul(forward="return 'six'"),
    "infinity returned": ADD + mul(forward="self.x = x; self.y = y; return x * y * float('inf')"),
    "an int beyond 64 bits": ADD + mul(forward="self.x = x; self.y = y; return 2**70"),
    "a wrong shape": ADD
    + mul(backward="return (dout * self.y).sum() if hasattr(dout, 'sum') else dout * self.y, dout * self.x"),
    "state on the class": ADD + mul(forward="MulLayer.x = x; MulLayer.y = y; return x * y"),
    "an argument changed": ADD + mul(forward="self.x = x * 1; self.y = y; out = x * y; x *= 0; return out"),
    "a name error": ADD + mul(forward="return X * y"),
    "not written": ADD + mul(forward="raise NotImplementedError"),
    "a crash": ADD + mul(backward="import os; os._exit(0)"),
    "too much memory": ADD + mul(forward="return bytearray(10**11)"),
    "a loop": ADD + mul(backward="while True: pass"),
    "a function instead of a class": ADD + "def MulLayer(x, y):\n    return x * y\n",
}
_NASTY = "'\\x1b[31m\\u202e\\x00::error::\\ud800 \\u200b' * 500"
#: Text from the learner's side that would steer a terminal or a CI log, everywhere where such text is shown.
HOSTILE = {
    "message of an error": ADD + mul(forward=f"raise ValueError({_NASTY})"),
    "name of an error": ADD + mul(forward=f"raise type({_NASTY}.replace(chr(0), ''), (Exception,), {{}})()"),
    "name of a type": ADD + mul(forward=f"return type({_NASTY}.replace(chr(0), ''), (), {{}})()"),
    "what is printed": ADD + mul(forward=f"print({_NASTY}.replace(chr(0xd800), ''))"),
    "half a surrogate pair printed": ADD + mul(forward="import sys; sys.stdout.write(chr(0xd800) * 500)"),
    "a printer that lies": ADD + mul(forward="import sys; sys.stdout.take = lambda: 7; return x * y"),
    "message of a statement": f"raise ValueError({_NASTY})\n" + RIGHT,
    "korean": "raise ValueError('한글로 쓴 아주 긴 오류 메시지입니다。' * 60)\n" + RIGHT,
}
#: Code of the reason, and the bytes.
NOT_GRADABLE = {
    "EMPTY": b"  \n",
    "BINARY": b"\x89PNG\r\n\x1a\n" + bytes(100),
    "NOT-PARSABLE": b"def (:\n",
    "PYTHON2": b'print "hello"\n',
    "ENCODING": b"# \xc7\xd1\xb1\xdb\n",
    "TOO-LARGE": b"#" * (1 << 20) + b"##",
}
