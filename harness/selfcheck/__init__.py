"""Checks in a learner's own notebook: `harness.check(MulLayer)` and `%%grade`.

Nothing here is called `dout`: in the book's code that is the upstream gradient.
"""
