"""Sends frames after all answers are in: the worker's last word comes after them."""
worker = sys.modules["harness.sandbox.worker"]
Honest = worker.Done


def late():
    for case in range(300):
        send_frame(pack(["a", case, 1, False, [0.0], []]))
    return Honest()


worker.Done = late
