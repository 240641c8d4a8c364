"""Breaks import, class making and the types that the worker compares with, for later statements and for the worker."""
import builtins


def refuse(*arguments, **named):
    raise SystemExit


keep = builtins.__build_class__
builtins.__import__ = builtins.isinstance = builtins.len = builtins.getattr = builtins.dir = refuse
builtins.compile = builtins.exec = refuse
