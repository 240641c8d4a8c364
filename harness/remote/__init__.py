"""The client of a grading service. Only Python's own library: it works without the extra ``service``."""
