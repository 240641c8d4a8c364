"""Lets the tests here import the tables and the in-process judge that stand beside them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
