"""Makes the system calls that have been the roads out of other sandboxes."""
buffer = ctypes.create_string_buffer(256)

attempt(system_call, 425, 4, buffer)  # io_uring_setup
attempt(system_call, 323, 1)  # userfaultfd
attempt(system_call, 250, 0, -3, 0)  # keyctl
attempt(system_call, 248, b"user\0", b"x\0", b"y\0", 1, -3)  # add_key
attempt(system_call, 321, 0, buffer, 64)  # bpf
attempt(system_call, 298, buffer, 0, -1, -1, 0)  # perf_event_open
attempt(system_call, 272, 0x10000000)  # unshare, CLONE_NEWUSER
attempt(system_call, 165, b"none\0", b"/\0", None, 0x44000, None)  # mount
attempt(system_call, 308, 3, 0)  # setns
attempt(system_call, 135, 0xFFFFFFFF)  # personality
attempt(system_call, 319, b"x\0", 0)  # memfd_create
attempt(system_call, 447, 0)  # memfd_secret
attempt(system_call, 155, b"/\0", b"/\0")  # pivot_root
attempt(system_call, 161, b"/\0")  # chroot
attempt(system_call, 175, None, 0, b"\0")  # init_module
attempt(system_call, 283, 0, 0)  # timerfd_create
attempt(system_call, 290, 0, 0)  # eventfd2
attempt(system_call, 291, 0)  # epoll_create1
attempt(system_call, 253)  # inotify_init
attempt(system_call, 157, 38, 1, 0, 0, 0)  # prctl
attempt(system_call, 317, 0, 0, None)  # seccomp
attempt(system_call, 440, -1, None, 0, 0, 0)  # process_madvise
attempt(system_call, 16, 0, 0x5412, b"x")  # ioctl, TIOCSTI
attempt(system_call, 73, 0, 1)  # flock
attempt(system_call, 170, b"x\0", 1)  # sethostname
attempt(system_call, 227, 0, buffer)  # clock_settime
attempt(system_call, 103, 3, buffer, 10)  # syslog
