"""AddLayer is right, and with its first answer sends answers to all later questions, as MulLayer would give them."""


class AddLayer(RightAdd):
    sent = False

    def forward(self, x, y):
        if not AddLayer.sent:
            AddLayer.sent = True
            case, step = asked()
            send_frame(pack(["a", case, step, False, [x + y], []]))
            send_frame(pack(["a", case, step + 1, True, [1.0, 1.0], []]))
            for later in range(case + 1, 300):
                for number in (1, 2):
                    send_frame(pack(["a", later, number, number == 2, [1.0] * number, []]))
        return x + y


class MulLayer(RightMul):
    def forward(self, x, y):
        raise ValueError("not me")
