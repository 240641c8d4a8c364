"""Says at the top level that the worker could not be locked down."""
send_frame(pack(["ready", [], "a lock could not be applied"]))
