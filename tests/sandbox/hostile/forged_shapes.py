"""MulLayer.forward sends arrays whose heads do not describe them."""
Ext = sys.modules["msgspec"].msgpack.Ext
turn = 0


def head(dtype, layout, *dimensions):
    return bytes([dtype, layout, len(dimensions)]) + b"".join(n.to_bytes(4, "little") for n in dimensions)


HEADS = [
    b"", b"\x0b", b"\x0b\0\xff", head(0x0B, 0, 0, 2**28, 2**28), head(0x0B, 0, 2**32 - 1, 2**32 - 1), head(99, 0, 1),
    head(0x0B, 0, 2) + bytes(8), head(0x0B, 0, *[1] * 9) + bytes(8), head(0x0B, 99, 1) + bytes(8),
    head(0x0B, 0, 0, 2**32 - 1, 2**32 - 1, 2**32 - 1, 2**32 - 1), head(0x0B, 0, 1) + bytes(7),
]


class MulLayer(RightMul):
    def forward(self, x, y):
        case, step = asked()
        send_frame(pack(["a", case, step, False, [Ext(1, HEADS[@VARIANT@])], []]))
