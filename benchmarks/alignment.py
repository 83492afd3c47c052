"""How often the audit cries without need: Brightdesk without a fault, made again by other seeds.

Each run makes the facts of Brightdesk by another seed, and the strategy without a fault over them
(`data/brightdesk/make_variants.py`: what is claimed there is planted in the facts, and targets
are set from the history). Every warning or error of a rule that reads the facts is a false one.
Shown is how many there are in each company, and which. The bar: 0.2 a company on average.

    python benchmarks/alignment.py --runs 20
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

import numpy as np

from kpikit import audit, build_observations, load_strategy
from kpikit.alignment.catalogue import catalogue

BRIGHTDESK = Path(__file__).parents[1] / "data" / "brightdesk"
AS_OF = date(2026, 10, 15)


def main() -> None:
    """Print the findings of each seed, and their mean with its standard error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--first-seed", type=int, default=7000, help="not 2225, the facts' own")
    given = parser.parse_args()
    runs, first = given.runs, given.first_seed
    sys.path.insert(0, str(BRIGHTDESK))
    counts, codes, seconds = [], Counter[str](), []
    for seed in range(first, first + runs):
        found, spent = one_company(seed)
        counts.append(len(found))
        codes.update(code for code, _ in found)
        seconds.append(spent)
        print(f"seed {seed}: {len(found)} false, {spent:.1f} s to audit; {found}", flush=True)
    error = np.std(counts, ddof=1) / np.sqrt(runs) if runs > 1 else float("nan")
    print(f"false findings a company: {np.mean(counts):.2f} +- {error:.2f}; by code {dict(codes)}")
    print(f"seconds of processor time to audit: {np.mean(seconds):.1f}")


def one_company(seed: int) -> tuple[list[tuple[str, str]], float]:
    """Return the false findings of one company, and how long the audit took."""
    import make_facts
    import make_variants
    from making.world import World, read_truth

    evidence = {rule.code for rule in catalogue() if "observations" in rule.needs} | {"VAN03"}
    with TemporaryDirectory() as folder:
        files = make_facts.Files(Path(folder))
        for name, rows in make_facts.make_parts(World(read_truth() | {"seed": seed}, 1)):
            files.add(name, rows)
        files.close()
        make_variants.main(Path(folder), AS_OF)
        strategy = load_strategy(Path(folder) / "clean.yaml")
        observed = build_observations(strategy, as_of=AS_OF)
        start = process_time()
        frame = audit(strategy, observations=observed, as_of=AS_OF).to_frame()
        spent = process_time() - start
    bad = frame[(frame["severity"] != "note") & frame["code"].isin(evidence)]
    return list(zip(bad["code"], bad["subject"], strict=True)), spent


if __name__ == "__main__":
    main()
