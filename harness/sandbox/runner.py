"""Chooses how workers are started on this machine, and says how well they are locked down."""

from collections.abc import Mapping, Sequence
from typing import Protocol, Self

from harness.errors import SandboxError
from harness.records import Isolation, Level
from harness.sandbox.channel import Worker
from harness.sandbox.launch import Launched, has_fork_server
from harness.sandbox.limits import WorkerLimits
from harness.sentence import Sentence, listed, marked

__all__ = ["Sandbox", "level_of"]


class Starter(Protocol):
    """Something that starts workers."""

    @property
    def missing(self) -> Mapping[str, str]:
        """Which locks are not to be had here, and why."""

    def spawn(self, limits: WorkerLimits, modules: Sequence[str] = ()) -> Worker:
        """Start one worker in which ``modules`` can be imported."""

    def close(self) -> None:
        """End everything that was started."""


class Sandbox:
    """Starts workers in the best way that this machine has. A context manager.

    Args:
        least: Refuse to run a learner's code at a lower level than this.
        launched: A zygote that was started before, so that it warms up beside other work.
        starter: How to start workers; by default a fork server on Linux, a fresh child elsewhere.

    Creating it returns at once; the machinery starts beside the caller's own work.
    """

    def __init__(
        self, *, least: Level = Level.D, launched: Launched | None = None, starter: Starter | None = None
    ) -> None:
        self.least = least
        self._starter = starter if starter is not None else _best_starter(launched)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """End every process that was started."""
        self._starter.close()

    @property
    def missing(self) -> Mapping[str, str]:
        """Which locks this machine does not offer, and why."""
        return self._starter.missing

    def spawn(self, limits: WorkerLimits, modules: Sequence[str] = ()) -> Worker:
        """Return a locked-down worker in which ``modules`` (of ``importable.MODULES``) can be imported.

        Raises:
            SandboxError: it could not be started, or this machine only reaches a level below ``least``.
        """
        worker = self._starter.spawn(limits, modules)
        level = level_of(worker.locks)
        # Levels are letters, best first: a later letter is weaker.
        if level > self.least:
            worker.close()
            why = listed([*self.missing.values()] or [Sentence("no lock could be applied")], marked("{first}; {rest}"))
            raise SandboxError(
                Sentence(
                    "isolation level {least} was asked for, but this machine reaches {level}: {why}",
                    least=str(self.least),
                    level=str(level),
                    why=why,
                ),
                Sentence("run `dout doctor` to see what is missing, or accept a lower level with --isolation"),
            )
        return worker

    def isolation_of(self, worker: Worker) -> Isolation:
        """Return what the report says about ``worker``."""
        return Isolation(level=level_of(worker.locks), layers=worker.locks)


def level_of(locks: tuple[str, ...]) -> Level:
    """Return the level that these locks make (``docs/security-model.md``)."""
    has = set(locks)
    if {"seccomp", "landlock"} <= has and has & {"uid", "userns"}:
        return Level.A
    if {"seccomp", "rlimits"} <= has:
        return Level.B
    return Level.C if "landlock" in has else Level.D


def _best_starter(launched: Launched | None) -> Starter:
    if launched is not None or has_fork_server():
        from harness.sandbox.forkserver import ForkServer

        return ForkServer(launched)
    from harness.sandbox.fresh import FreshStarter

    return FreshStarter()
