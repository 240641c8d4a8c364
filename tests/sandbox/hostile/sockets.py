"""Opens sockets of every family and type."""
import _socket

for family in range(46):
    for kind in (1, 2, 3, 5):
        attempt(_socket.socket, family, kind)
attempt(_socket.socketpair)
attempt(system_call, 41, 2, 1, 0)  # socket
attempt(system_call, 53, 1, 1, 0, ctypes.create_string_buffer(8))  # socketpair
attempt(system_call, 42, channel, bytes(16), 16)  # connect
attempt(system_call, 49, channel, bytes(16), 16)  # bind
attempt(system_call, 55, channel, 1, 17, ctypes.create_string_buffer(16), ctypes.create_string_buffer(8))  # getsockopt
