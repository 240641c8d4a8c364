"""Wrong layers that also change what is around them. Only for a real sandbox: they would change the test run itself."""

from mutants.templates import mul_layer

__all__ = ["HOSTILE"]

_SWAPPED = {"dx": "dout * x", "dy": "dout * y"}

#: name -> text of a MulLayer that is wrong in ``backward``, whatever it does to numpy, Python or the worker.
HOSTILE = {
    "np.multiply means add": mul_layer(
        dx="np.multiply(dout, y)", dy="np.multiply(dout, x)", above="np.multiply = lambda a, b, **kwargs: a + b\n"
    ),
    "np.asarray gives sevens": mul_layer(**_SWAPPED, above="np.asarray = lambda *args, **kwargs: np.full(3, 7.0)\n"),
    "np.array_equal is always true": mul_layer(
        **_SWAPPED, above="np.array_equal = np.allclose = np.isclose = lambda *args, **kwargs: True\n"
    ),
    "isinstance is always true": mul_layer(
        **_SWAPPED, above="import builtins\nbuiltins.isinstance = lambda *args: True\n"
    ),
    "abs is always zero": mul_layer(**_SWAPPED, above="import builtins\nbuiltins.abs = lambda value: 0\n"),
    "float is always three": mul_layer(**_SWAPPED, above="import builtins\nbuiltins.float = lambda *args: 3.0\n"),
    "every number is near every other": mul_layer(
        **_SWAPPED, above="import math\nmath.ulp = lambda value: 1e300\nmath.isnan = lambda value: True\n"
    ),
    "tracing": mul_layer(
        **_SWAPPED, above="import sys\nsys.settrace(lambda *args: None)\nsys.setprofile(lambda *args: None)\n"
    ),
    "a tracer that changes returned values": mul_layer(
        **_SWAPPED,
        above="""
import sys
def trace(frame, event, value):
    if 'finding' in frame.f_locals:
        frame.f_locals['finding'] = None
    return trace
sys.settrace(trace)
""",
    ),
    "numpy complains about everything": mul_layer(
        **_SWAPPED, init="np.seterr(all='raise')", above="np.seterr(all='raise')\n"
    ),
    "warnings are errors": mul_layer(**_SWAPPED, above="import warnings\nwarnings.simplefilter('error')\n"),
    "the worker's encoder is replaced": mul_layer(
        **_SWAPPED,
        above="""
import sys
evaluate = sys.modules.get('harness.sandbox.evaluate')
if evaluate is not None:
    evaluate.encode_value = lambda value: 6.0
""",
    ),
    "the worker's answers are replaced": mul_layer(
        **_SWAPPED,
        above="""
import sys
evaluate = sys.modules.get('harness.sandbox.evaluate')
if evaluate is not None:
    evaluate._answer = lambda case, number, result, watched: None
""",
    ),
    "the judge's functions are replaced": mul_layer(
        **_SWAPPED,
        above="""
import sys
for name, module in list(sys.modules.items()):
    if name.startswith(('harness', 'reference')):
        for function in ('compare', 'within_ulps', 'judge', 'check_backward', 'unpack_array'):
            if hasattr(module, function):
                setattr(module, function, lambda *args, **kwargs: None)
""",
    ),
    "the reference is asked": """
from reference.layers import MulLayer as Answer

class MulLayer(Answer):
    pass
""",
    "the reference is looked for in memory": mul_layer(
        dx="(ANSWER or Wrong)().backward(dout)[0]",
        dy="(ANSWER or Wrong)().backward(dout)[1]",
        above="""
import gc, sys
class Wrong:
    def backward(self, dout):
        return 0.0, 0.0
ANSWER = next((v for v in gc.get_objects() if isinstance(v, type) and v.__module__ == 'reference.layers'), None)
""",
    ),
    "a class that claims to be another": mul_layer(**_SWAPPED).replace(
        "    def __init__", "    __module__ = 'reference.layers'\n    def __init__"
    ),
    "attributes come from nowhere": """
class MulLayer:
    def __getattr__(self, name):
        return lambda *args: 6.0
    forward = backward = lambda self, *args: 6.0
""",
    "a metaclass that lies": """
class Meta(type):
    def __instancecheck__(cls, value): return True
    def __subclasscheck__(cls, value): return True
    def __eq__(cls, other): return True
    __hash__ = type.__hash__

class MulLayer(metaclass=Meta):
    def forward(self, x, y):
        return x * y
    def backward(self, dout):
        return self, MulLayer
""",
}
