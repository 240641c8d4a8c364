"""Texts with lone surrogates, which no encoding can carry."""
Bad = ValueError


class MulLayer(RightMul):
    def forward(self, x, y):
        raise Bad("\ud800 \udfff")


raise Bad("\ud800")
