"""MulLayer.forward answers with values that only the grader may send, or nobody."""
Ext = sys.modules["msgspec"].msgpack.Ext
VALUES = [Ext(2, b"\0\0\xff"), Ext(2, b""), Ext(99, b"x"), Ext(-1, bytes(12)), Ext(3, bytes(801)), None, "text", True, [], {}, b"x"]


class MulLayer(RightMul):
    def forward(self, x, y):
        case, step = asked()
        send_frame(pack(["a", case, step, False, [VALUES[@VARIANT@]], []]))
