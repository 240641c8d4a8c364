"""``python -m harness.cli``: the command line without an installed script."""

import sys

from harness.cli import main

sys.exit(main())
