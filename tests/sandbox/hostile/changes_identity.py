"""Becomes another user, or gains a capability."""
for call in (os.setuid, os.setgid, os.seteuid, os.setegid):
    attempt(call, 0)
attempt(os.setresuid, 0, 0, 0)
attempt(os.setgroups, [0])
attempt(os.initgroups, "root", 0)
attempt(system_call, 126, (0x20080522).to_bytes(4, "little") + bytes(4), b"\xff" * 24)  # capset
attempt(system_call, 122, 0)  # setfsuid
