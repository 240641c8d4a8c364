"""Deletes every builtin name at the top level."""
import builtins

for name in list(vars(builtins)):
    delattr(builtins, name)
