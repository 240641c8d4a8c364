"""Sends one byte of an answer every few milliseconds, for ever."""
import time


class MulLayer(RightMul):
    def forward(self, x, y):
        send((200000).to_bytes(4, "little"))
        while True:
            send(b"\x00")
            time.sleep(0.005)
