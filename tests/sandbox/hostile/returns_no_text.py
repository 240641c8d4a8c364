"""The texts of its exceptions are strings that turn into something else when cut."""


class Text(str):
    def __getitem__(self, item):
        return 10 ** 30

    def __len__(self):
        return -1

    def encode(self, *arguments):
        raise SystemExit


class Trap(Exception):
    def __str__(self):
        return Text("x" * 5000)


class MulLayer(RightMul):
    def forward(self, x, y):
        raise Trap


raise Trap
