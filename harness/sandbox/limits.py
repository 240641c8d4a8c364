"""How much time and memory a submission may use."""

from harness.records import Record

__all__ = ["WorkerLimits"]


class WorkerLimits(Record, frozen=True):
    """Limits of one submission; an assignment may set each of them."""

    #: Wall seconds for one call of a learner's method, and for running the file's top level once.
    call_seconds: float = 2.0
    #: Wall seconds for the whole submission, all retries included.
    submission_seconds: float = 10.0
    #: Bytes that the learner's process may add to what it has when it starts.
    memory_bytes: int = 512 * 1024 * 1024

    @property
    def cpu_seconds(self) -> int:
        """Processor seconds: a back-stop to the wall deadlines, which a sleep does not see."""
        return int(self.submission_seconds) + 1

    def for_process(self) -> dict[str, int]:
        """Return the part that the operating system enforces."""
        return {"memory_bytes": self.memory_bytes, "cpu_seconds": self.cpu_seconds}
