"""``dout service``: see :mod:`harness.cli.serve`, which has all commands of the service."""

from harness.cli.serve import run_service as run

__all__ = ["run"]
