"""Judging numbers: what counts as equal, and exact finite differences."""
