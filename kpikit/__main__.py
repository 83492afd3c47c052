"""Let `python -m kpikit` do what `kpikit` does."""

from kpikit.cli import main

if __name__ == "__main__":
    main()
