"""Tries to break out of a real worker, and says which attempts the locks stopped.

The attempts run the way a learner's file does: as source text, over the same channel, under the same limits. Each is
harmless where it succeeds: what it makes it removes, what it signals it does not harm.
"""

from collections.abc import Sequence

from harness.errors import SandboxError
from harness.records import Isolation, Record
from harness.sandbox.channel import Ending, Worker, WorkerGone
from harness.sandbox.limits import WorkerLimits
from harness.sandbox.protocol import FORWARD, NEW, Answer, Done, Load, Loaded, Parsed, Run, Source, Step
from harness.sandbox.runner import Sandbox
from harness.sentence import Sentence, marked

__all__ = ["CANARIES", "Canary", "held", "not_held", "self_test"]


class Canary(Record, frozen=True):
    """One attempt and what became of it."""

    name: str
    #: False when it worked, and also when it could not be told: a worker that hung is no proof.
    stopped: bool
    #: What was tried, for a person.
    what: str


#: Method of the class below to what it tries; in the order in which they are tried and shown.
CANARIES = {
    "opens_a_file": marked("open the system's list of users"),
    "looks_at_a_file": marked("ask for a file's size and owner"),
    "lists_a_directory": marked("list a directory"),
    "writes_a_file": marked("write a file into the folder for temporary files"),
    "writes_shared_memory": marked("write a file into /dev/shm"),
    "makes_memory_file": marked("make a file in memory"),
    "imports_the_reference": marked("import the reference layers"),
    "reads_the_environment": marked("find the grader's environment variables in memory"),
    "keeps_descriptors": marked("use a file that the grader or the zygote has open"),
    "forks": marked("start a process"),
    "starts_a_thread": marked("start a thread"),
    "executes": marked("replace itself by another program"),
    "opens_inet_socket": marked("open a network socket"),
    "opens_unix_socket": marked("open a socket to local services"),
    "opens_netlink_socket": marked("open a socket to the kernel"),
    "signals_its_parent": marked("send a signal to the process that started it"),
    "reads_its_parent": marked("read the memory of the process that started it"),
    "changes_its_parent": marked("read the resource limits of the process that started it"),
    "makes_code": marked("make memory that can be executed"),
    "exceeds_memory": marked("take more memory than is allowed"),
    "raises_its_limits": marked("raise its own limit on memory"),
    "becomes_root": marked("become root"),
}

#: The attempts. One that raises was stopped, except for the two that look at the error: a refusal differs from a
#: target that is not there. Nothing is imported at the top, so that a missing module stops one attempt only.
_SOURCE = '''
class Canary:
    def forward(self, name_index):
        try:
            worked = getattr(self, NAMES[name_index])()
        except BaseException:
            worked = False
        return 1.0 if worked else 0.0

    def opens_a_file(self):
        with open(KNOWN_FILE, "rb") as file:
            return file.read(1)

    def looks_at_a_file(self):
        import os
        return os.stat(KNOWN_FILE)

    def lists_a_directory(self):
        import os
        return os.listdir("/")

    def writes_a_file(self, directory=None):
        import os
        import tempfile
        descriptor, path = tempfile.mkstemp(dir=directory, prefix="dout-canary-")
        os.close(descriptor)
        os.unlink(path)
        return True

    def writes_shared_memory(self):
        return self.writes_a_file("/dev/shm")

    def makes_memory_file(self):
        import os
        os.close(os.memfd_create("canary"))
        return True

    def imports_the_reference(self):
        import importlib
        import os
        import sys
        path, hidden = list(sys.path), sys.modules.pop("reference", None)
        try:
            sys.path.insert(0, os.path.dirname(os.path.dirname(sys.modules["harness"].__file__)))
            return importlib.import_module("reference.layers")
        finally:
            sys.path[:] = path
            sys.modules["reference"] = hidden

    def reads_the_environment(self):
        names = set(os_environment()) | set(initial_environment())
        return names - EXPECTED_VARIABLES

    def keeps_descriptors(self):
        import os
        return any(is_open(descriptor) for descriptor in range(3, 256) if descriptor not in CHANNEL)

    def forks(self):
        import os
        child = os.fork()
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)
        return True

    def starts_a_thread(self):
        import _thread
        ended = _thread.allocate_lock()
        ended.acquire()
        _thread.start_new_thread(ended.release, ())
        return ended.acquire()

    def executes(self):
        import errno
        import os
        import sys
        if os.name != "posix":
            return False
        try:
            # Were it allowed, it would fail all the same: an argument may have 128 KiB.
            os.execv(sys.executable, ["python", "x" * 1000000])
        except OSError as error:
            return error.errno in (errno.E2BIG, errno.ENOENT)

    def opens_inet_socket(self, family="AF_INET", kind="SOCK_STREAM"):
        import _socket
        _socket.socket(getattr(_socket, family), getattr(_socket, kind)).close()
        return True

    def opens_unix_socket(self):
        return self.opens_inet_socket("AF_UNIX")

    def opens_netlink_socket(self):
        return self.opens_inet_socket("AF_NETLINK", "SOCK_RAW")

    def signals_its_parent(self):
        import os
        os.kill(os.getppid(), 0)
        return True

    def reads_its_parent(self):
        import ctypes
        import errno
        import os
        buffer = ctypes.create_string_buffer(8)
        address = (ctypes.c_void_p * 2)(ctypes.addressof(buffer), 8)
        libc = ctypes.CDLL(None, use_errno=True)
        got = libc.process_vm_readv(os.getppid(), address, 1, address, 1, 0)
        # An address that does not exist over there is found out only by one who may look.
        return got >= 0 or ctypes.get_errno() == errno.EFAULT

    def changes_its_parent(self):
        import os
        import resource
        return resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE)

    def makes_code(self):
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        libc.mmap.restype = ctypes.c_void_p
        size = ctypes.c_size_t(4096)
        # PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS
        address = libc.mmap(None, size, 7, 0x22, -1, ctypes.c_long(0))
        if address == ctypes.c_void_p(-1).value:
            return False
        libc.munmap(ctypes.c_void_p(address), size)
        return True

    def exceeds_memory(self):
        import numpy
        # Asked for and given back without being touched: it costs nothing where it works.
        return len(numpy.empty(TOO_MUCH, "u1"))

    def raises_its_limits(self):
        import resource
        return resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2) is None

    def becomes_root(self):
        import os
        os.setuid(0)
        return os.getuid() == 0


def is_open(descriptor):
    import os
    try:
        os.get_inheritable(descriptor)
    except OSError:
        return False
    return True


def os_environment():
    import os
    return os.environ


def initial_environment():
    """The variables that the process was started with: they stay on its stack whatever is done to os.environ."""
    import ctypes
    try:
        stack = ctypes.c_void_p.in_dll(ctypes.CDLL(None), "__libc_stack_end").value
    except (ValueError, OSError, TypeError):
        return
    count = ctypes.c_long.from_address(stack).value
    address = ctypes.c_void_p.from_address(stack + count * ctypes.sizeof(ctypes.c_void_p)).value
    while True:
        text = ctypes.string_at(address)
        address += len(text) + 1
        name, equals, _ = ctypes.string_at(address).partition(b"=")
        if not equals:
            return
        yield name.decode("latin-1")
'''

#: What a worker is started with, in either way of starting one (harness.sandbox.launch and fresh).
_EXPECTED_VARIABLES = set(
    """
    PATH LANG LC_CTYPE OPENBLAS_NUM_THREADS OMP_NUM_THREADS MKL_NUM_THREADS MPLBACKEND PYTHONHASHSEED DOUT_LOCKS
    SYSTEMROOT SYSTEMDRIVE WINDIR COMSPEC PATHEXT TEMP TMP TMPDIR
    """.split()  # noqa: SIM905 - a list of words reads better as text
)
#: What the attempts import and a worker has not loaded yet.
_MODULES = ("tempfile",)


def self_test(sandbox: Sandbox, limits: WorkerLimits) -> list[Canary]:
    """Return every attempt with its outcome, in the order of ``CANARIES``. Costs about as much as one grading.

    Raises:
        SandboxError: a worker could not be started or locked down.
    """
    stopped = dict.fromkeys(CANARIES, False)
    left = list(range(len(CANARIES)))
    while left:
        with sandbox.spawn(limits, _MODULES) as worker:
            left = _attempt(worker, limits, left, stopped)
    return [Canary(name, stopped[name], what) for name, what in CANARIES.items()]


def held(sandbox: Sandbox, limits: WorkerLimits) -> Isolation:
    """Try to break out, and return how well that is stopped.

    Raises:
        SandboxError: a lock that is in force did not hold, or none could be applied.
    """
    with sandbox.spawn(limits) as worker:
        isolation = sandbox.isolation_of(worker)
    if broken := not_held(isolation.layers, self_test(sandbox, limits)):
        raise SandboxError(
            Sentence("a lock that is in force did not stop this: {attempt}", attempt=broken[0].what),
            Sentence("run `dout doctor`; grade no stranger's file on this machine"),
        )
    return isolation


def _attempt(worker: Worker, limits: WorkerLimits, left: list[int], stopped: dict[str, bool]) -> list[int]:
    """Make the attempts that are left, noting each outcome; return those that a worker's end leaves undone."""
    names, seconds = list(CANARIES), limits.call_seconds
    cases = [[Step(NEW, 0, [0]), Step(FORWARD, 0, [index])] for index in range(len(names))]
    left = list(left)
    try:
        worker.send(Load([Source(_source(limits, worker.descriptors), 1)], False), seconds)
        loaded = [worker.receive(seconds), worker.receive(seconds)]
        if not isinstance(loaded[0], Parsed) or not isinstance(loaded[1], Loaded):
            return []
        worker.send(Run(["Canary"], left, cases), seconds)
        while left:
            answer = worker.receive(seconds)
            stopped[names[left.pop(0)]] = isinstance(answer, Answer) and answer.values == [0.0]
        if not isinstance(worker.receive(seconds), Done):
            return []
    except WorkerGone as gone:
        if left:
            # Killed for trying is stopped as well.
            stopped[names[left.pop(0)]] = gone.ending is not Ending.TIMEOUT
    return left


def _source(limits: WorkerLimits, channel: tuple[int, ...]) -> str:
    import os

    known = "/etc/passwd" if os.name == "posix" else os.path.join(os.environ.get("SYSTEMROOT", "C:\\"), "win.ini")
    constants = {
        "NAMES": list(CANARIES),
        "KNOWN_FILE": known,
        "CHANNEL": channel,
        "EXPECTED_VARIABLES": _EXPECTED_VARIABLES,
        # More than any way of starting a worker allows on top of an interpreter with numpy.
        "TOO_MUCH": limits.memory_bytes + (1 << 30),
    }
    return "".join(f"{name} = {value!r}\n" for name, value in constants.items()) + _SOURCE


#: Needs no lock: every worker is started with a clean environment, and with no file but its channel open.
_ALWAYS = frozenset({"reads_the_environment", "keeps_descriptors"})
_FILES = frozenset(
    {"opens_a_file", "lists_a_directory", "writes_a_file", "writes_shared_memory", "imports_the_reference"}
)
#: What each lock alone has to stop (docs/security-model.md).
_STOPS = {
    "landlock": _FILES,
    "uid": frozenset({"becomes_root"}),
    "rlimits": frozenset({"exceeds_memory"}),
}
#: What seccomp does not see: memory is a matter of limits.
_NOT_SECCOMP = frozenset({"exceeds_memory"})


def not_held(locks: Sequence[str], canaries: Sequence[Canary]) -> list[Canary]:
    """Return the attempts that worked although one of ``locks`` is there to stop them."""
    promised = _ALWAYS.union(*(_STOPS.get(lock, frozenset()) for lock in locks))
    return [
        canary
        for canary in canaries
        if not canary.stopped and (canary.name in promised or ("seccomp" in locks and canary.name not in _NOT_SECCOMP))
    ]
