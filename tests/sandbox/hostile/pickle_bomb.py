"""Unpickles and unmarshals what should never be; then hands in a layer that answers with its own pickle."""
import pickle
import marshal

for bomb in (b"cos\nfork\n(tR.", b"cbuiltins\nopen\n(S'/etc/passwd'\ntR.", b"cos\nlistdir\n(S'/'\ntR."):
    attempt(pickle.loads, bomb)


class Bomb:
    def __reduce__(self):
        return os.system, ("true",)


class MulLayer(RightMul):
    def forward(self, x, y):
        return Bomb()


marshal.loads(b"\xdb\xff\xff\xff\x7f" * 1000)
