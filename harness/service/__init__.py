"""The grading service: `dout serve`. What it accepts is graded once, or visibly failed and can be graded again.

An extra, ``pip install 'dout[service]'``: nothing outside of this package imports it, and nothing of it is imported by a
grading on the command line.
"""
