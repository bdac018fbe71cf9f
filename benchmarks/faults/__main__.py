"""The fault bench: python -m benchmarks.faults --help."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.faults.cases import COSTS, Case, CaseError, chosen, default_files, read_cases
from benchmarks.faults.pairs import by_length, run_pairs
from benchmarks.faults.results_file import ResultsFile


def options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks.faults", description=__doc__)
    commands = {
        "pairs": "train faulty and repaired programs: which faults are faults",
        "verdicts": "ours and the baselines on what survives, on repaired and on healthy programs",
        "mutants": "faults planted in healthy programs",
    }
    parser.add_argument("command", nargs="?", choices=list(commands), default="pairs", help="; ".join(
        f"{name}: {text}" for name, text in commands.items()))  # fmt: skip
    parser.add_argument("--file", action="append", type=Path, help="a case file; may be given several times")
    parser.add_argument("--only", default="", help="ids, with commas between")
    parser.add_argument("--cost", default="tiny,small", help=f"which of {', '.join(COSTS)}")
    parser.add_argument("--kind", default="faulty,healthy,fixed", help="which of faulty, healthy, fixed")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument(
        "--results", type=Path, help="JSON file that keeps results; an old one is gone on with"
    )
    parser.add_argument("--subset", action="store_true", help="a few tiny cases: under 3 minutes on 2 cores")
    parser.add_argument("--keras", metavar="ID", help="train this case in Keras too (KERAS_BACKEND)")
    return parser


def asked(given: argparse.Namespace) -> list[Case]:
    """Return the cases that the options ask for, cheap ones first."""
    cases = read_cases(given.file or default_files())
    only = [name for name in given.only.split(",") if name]
    found = chosen(cases, given.cost.split(","), only)
    kinds = given.kind.split(",")
    return sorted((case for case in found if case.kind in kinds), key=by_length)


def main(words: list[str] | None = None) -> int:
    given = options().parse_args(words)
    results = ResultsFile(given.results)
    made = run_pairs(asked(given), given.seeds, results)
    print(f"{sum(result['survives'] for result in made)} of {len(made)} survive")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
    except CaseError as error:
        sys.exit(str(error))
