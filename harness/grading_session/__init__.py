"""What pytest does under ``--grade``: collect one item per check, grade each submission once, show and write reports.

Nothing of a submission is ever imported, and pytest's own collectors (modules, packages, doctests) never see it.
"""

from harness.grading_session.start import start

__all__ = ["start"]
