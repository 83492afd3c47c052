"""Let `python -m kpikit` do what `kpikit` does."""

import sys

from kpikit.cli import main

if __name__ == "__main__":
    sys.exit(main())
