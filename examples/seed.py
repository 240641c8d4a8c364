# The shop of the seed article: here AddLayer.backward returns dout alone.
class MulLayer:
    def __init__(self):
        self.x = None
        self.y = None

    def forward(self, x, y):
        self.x = x
        self.y = y
        return x * y

    def backward(self, dout):
        dx = dout * self.y
        dy = dout * self.x
        return dx, dy


class AddLayer:
    def forward(self, x, y):
        return x + y

    def backward(self, dout):
        return dout


apple, apple_count = 100, 4
mandarin, mandarin_count = 70, 3
tax = 1.1

mul_apple, mul_mandarin, add, mul_tax = MulLayer(), MulLayer(), AddLayer(), MulLayer()

apple_price = mul_apple.forward(apple, apple_count)
mandarin_price = mul_mandarin.forward(mandarin, mandarin_count)
fruit_price = add.forward(apple_price, mandarin_price)
price = mul_tax.forward(fruit_price, tax)

d_fruit_price, d_tax = mul_tax.backward(1)
d_apple_price = d_mandarin_price = add.backward(d_fruit_price)
d_mandarin, d_mandarin_count = mul_mandarin.backward(d_mandarin_price)
d_apple, d_apple_count = mul_apple.backward(d_apple_price)

print(price)
print(d_apple, d_apple_count, d_mandarin, d_mandarin_count, d_tax)
