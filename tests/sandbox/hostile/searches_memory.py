"""Looks through every object and frame of its process for expected values or the judge's parts."""
import gc

forbidden = {"Evidence", "Assignment", "Bank", "CheckSpec", "LayerSpec", "Report", "Finding", "Exhibit"}
for thing in gc.get_objects():
    if type(thing).__name__ in forbidden or (isinstance(thing, type) and thing.__name__ in forbidden):
        worked.append(type(thing).__name__)
for name in sys.modules:
    if name.split(".")[0] == "reference" and sys.modules[name] is not None:
        worked.append(name)
frame = sys._getframe()
while frame is not None:
    for name in frame.f_locals:
        if "expect" in name or "answer" in name:
            worked.append(name)
    frame = frame.f_back
