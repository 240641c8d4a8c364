"""Calls sys.exit(0) and raises KeyboardInterrupt and GeneratorExit at the top level."""
sys.exit(0)
raise KeyboardInterrupt
raise GeneratorExit
