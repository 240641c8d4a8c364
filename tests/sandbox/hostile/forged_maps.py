"""MulLayer.forward sends messages that claim thousands of millions of items."""


class MulLayer(RightMul):
    def forward(self, x, y):
        for claim in (b"\xdd\xff\xff\xff\xff", b"\xdf\xff\xff\xff\xff", b"\xc9\xff\xff\xff\xff\x01", b"\xdb\xff\xff\xff\xff"):
            send_frame(b"\x96\xa1a" + claim + bytes(100))
