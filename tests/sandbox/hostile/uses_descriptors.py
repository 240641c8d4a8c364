"""Uses the descriptors that the grader or the zygote might have left open."""
for descriptor in range(256):
    if descriptor > 3:
        attempt(os.get_inheritable, descriptor)
    if descriptor != channel:
        try:
            if os.read(descriptor, 1):
                worked.append(f"read {descriptor}")
        except OSError:
            pass
