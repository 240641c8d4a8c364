"""Takes the worker's modules, streams, import system and hooks away."""
import gc

saved = ctypes, os, sys
sys.stdout.close()
sys.stdout = sys.stderr = sys.__stdout__ = None
sys.excepthook = sys.unraisablehook = sys.displayhook = None
sys.meta_path.clear()
sys.path_hooks.clear()
sys.modules.clear()
sys.setswitchinterval(1000)
gc.disable()
gc.set_threshold(1)
