"""The grading service: `dout serve`. What it accepts is graded once, or visibly failed and can be graded again.

An extra, ``pip install 'dout[service]'``. Only the commands of the service import it, and no grading does.
"""
