"""Sends descriptors along the channel, for the grader to run out of."""
import array
import _socket

try:
    there = _socket.socket(fileno=channel)
except OSError:
    there = None
if there is not None:
    for _ in range(100):
        attempt(there.sendmsg, [b"\0"], [(_socket.SOL_SOCKET, 1, array.array("i", [0]))])
    there.detach()
attempt(system_call, 46, channel, bytes(56), 0)  # sendmsg
