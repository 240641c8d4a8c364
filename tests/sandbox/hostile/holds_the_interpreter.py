"""Computes in C for ages, so that no Python signal handler or thread gets a turn."""
import re


class MulLayer(RightMul):
    def forward(self, x, y):
        return re.match("(a|aa)+$", "a" * 100 + "b")
