"""An assignment: layer names, input domains, points, titles and the graph, all of it data, read from a TOML file."""

from harness.assignment.reading import BUILT_IN, built_in, faults_of, path_of, placed, read_assignment, reader_language
from harness.assignment.records import (
    GRAPH,
    Assignment,
    CheckSpec,
    GraphSpec,
    LayerSpec,
    LimitSpec,
    MistakeSpec,
    NodeSpec,
)

__all__ = [
    "BUILT_IN",
    "GRAPH",
    "Assignment",
    "CheckSpec",
    "GraphSpec",
    "LayerSpec",
    "LimitSpec",
    "MistakeSpec",
    "NodeSpec",
    "built_in",
    "faults_of",
    "path_of",
    "placed",
    "read_assignment",
    "reader_language",
]
