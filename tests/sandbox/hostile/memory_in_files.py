"""Takes memory that no limit on address space sees: files in memory, pipes, shared memory."""


def file_in_memory():
    descriptor = os.memfd_create("x")
    os.ftruncate(descriptor, 1 << 30)
    return descriptor


def shared_segment():
    segment = system_call(29, 0x600D0, 1 << 24, 0o1600)  # shmget
    system_call(31, segment, 0, None)  # shmctl IPC_RMID
    return segment


def message_queue():
    queue = system_call(68, 0x600D1, 0o1600)  # msgget
    system_call(71, queue, 0, None)  # msgctl IPC_RMID
    return queue


attempt(file_in_memory)
attempt(os.pipe)
attempt(shared_segment)
attempt(message_queue)
