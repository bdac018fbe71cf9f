"""The fault bench: real faulty trainings, who finds the cause, and who cries wolf.

Case files: --file, else the folder LEADLINE_FAULTS, else the folder "faults" beside LEADLINE_DATA.

    python -m benchmarks.faults pairs --cost tiny --seeds 5 --results pairs.json
    python -m benchmarks.faults verdicts --subset
    python -m benchmarks.faults mutants --rows 2000 --results mutants.json
    python -m benchmarks.faults --keras ID
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.faults.cases import COSTS, Case, CaseError, chosen, default_files, read_cases
from benchmarks.faults.pairs import by_length, run_pairs, trained
from benchmarks.faults.results_file import ResultsFile, plain
from benchmarks.faults.scoring import as_table
from benchmarks.faults.verdicts import run_verdicts, scores_of
from benchmarks.machine import machine

COMMANDS = {
    "pairs": "train faulty and repaired programs: which faults are faults",
    "verdicts": "ours and the baselines on what survives, on repaired and on healthy programs",
    "mutants": "faults planted in healthy programs",
}
OPERATORS, MUTANT_ROWS, FEW_MUTANT_SEEDS = ("thedeepchecker", "deepcrime", "all"), 2_000, 3
FEW_FAULTY, FEW_HEALTHY, FEW_UPDATES, FEW_LAYERS, FEW_SEEDS = 4, 1, 4_000, 6, 5  # of the subset


def options() -> argparse.ArgumentParser:
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("python -m benchmarks.faults", description=__doc__, formatter_class=form)
    said = "; ".join(f"{name}: {text}" for name, text in COMMANDS.items())
    parser.add_argument("command", nargs="?", choices=list(COMMANDS), default="pairs", help=said)
    parser.add_argument("--file", action="append", type=Path, help="a case file; may be given several times")
    parser.add_argument("--only", default="", help="ids, with commas between")
    parser.add_argument("--cost", default="tiny,small", help=f"which of {', '.join(COSTS)}")
    parser.add_argument("--kind", default="faulty,healthy,fixed", help="which of faulty, healthy, fixed")
    parser.add_argument("--seeds", type=int, help=f"of each training; 10, or {FEW_SEEDS} with --subset")
    parser.add_argument(
        "--results", type=Path, help="JSON file that keeps results; an old one is gone on with"
    )
    parser.add_argument("--repeats", type=int, default=1, help="verdicts on each program; 20 for agreement")
    parser.add_argument("--json", type=Path, help="write the scores of the verdicts here")
    parser.add_argument("--subset", action="store_true", help="a few tiny cases: under 3 minutes on 2 cores")
    parser.add_argument("--rows", type=int, default=MUTANT_ROWS, help="images of each base of the mutants")
    parser.add_argument("--operators", choices=OPERATORS, default=OPERATORS[0], help="which faults to plant")
    parser.add_argument("--keras", metavar="ID", help="train this case in Keras too (KERAS_BACKEND)")
    return parser


def asked(given: argparse.Namespace) -> list[Case]:
    """Return the cases that the options ask for, cheap ones first."""
    cases = read_cases(given.file or default_files())
    if given.subset:
        return subset(cases)
    only = [name for name in given.only.split(",") if name]
    wrong = set(given.cost.split(",")) - set(COSTS)
    if wrong:
        raise CaseError.at("--cost", f"of {', '.join(COSTS)}", ", ".join(sorted(wrong)))
    found = chosen(cases, given.cost.split(","), only)
    kinds = given.kind.split(",")
    return sorted((case for case in found if case.kind in kinds), key=by_length)


def subset(cases: Sequence[Case]) -> list[Case]:
    """Return the same few of a file every time: the first by what they say, of those that train briefly."""

    def brief(case: Case) -> bool:
        data = case.dataset
        steps = math.ceil((data.get("n") or 100) / (case.plain.get("batch") or 32))
        known = data.get("kind") in ("inline_toy", "tabular")
        short = len(case.network) <= FEW_LAYERS  # compiling takes most of the time
        return known and short and steps * (case.plain.get("epochs") or 1) <= FEW_UPDATES

    ordered = sorted(
        (case for case in chosen(cases, ("tiny", "small")) if brief(case)), key=lambda case: case.digest
    )
    faulty = [case for case in ordered if case.kind == "faulty" and case.cost == "tiny" and case.overrides]
    return faulty[:FEW_FAULTY] + [case for case in ordered if case.kind == "healthy"][:FEW_HEALTHY]


def pairs(cases: list[Case], seeds: int, results: ResultsFile) -> None:
    made = run_pairs(cases, seeds, results)
    for kind in ("faulty", "healthy", "fixed"):
        some = [result for result in made if result["kind"] == kind]
        if some:
            print(f"{kind}: {sum(result['survives'] for result in some)} of {len(some)} survive")


def verdicts(cases: list[Case], seeds: int, results: ResultsFile, path: Path | None, repeats: int) -> None:
    scores = scores_of(run_verdicts(cases, seeds, results, repeats))
    print(as_table(scores))
    if path is not None:
        path.write_text(json.dumps(plain({name: asdict(one) for name, one in scores.items()}), indent=1))


def beside_keras(cases: list[Case], name: str, seeds: int) -> None:
    """Train one case in Keras and here by several seeds and print the scores."""
    os.environ.setdefault("KERAS_BACKEND", "jax")
    from benchmarks.faults.keras_programs import keras_score

    case = next((case for case in cases if case.id == name), None)
    if case is None:
        raise CaseError.at("--keras", "the id of a case", repr(name))
    for seed in range(seeds):
        begun = time.perf_counter()
        try:
            theirs, program = keras_score(case, seed)
        except ValueError as error:  # newer ones refuse shapes that older ones broadcast
            raise CaseError.at(
                f"case {name}", "trained by Keras", " ".join(str(error).split())[:200]
            ) from error
        middle = time.perf_counter()
        ours = float(trained(program, [seed])[0])
        spent = f"{middle - begun:.1f} s, {time.perf_counter() - middle:.1f} s"
        print(f"{name}, seed {seed}: Keras {theirs:.3f}, ours {ours:.3f} ({spent})", flush=True)


def mutants(given: argparse.Namespace, seeds: int, results: ResultsFile) -> None:
    """Plant faults in sound programs, and print which are found."""
    from benchmarks.faults.mutants import as_text, mutants_file, mutants_of, run_mutants, totals

    path = given.file[0] if given.file else mutants_file()
    only = [name for name in given.only.split(",") if name]
    found = totals(run_mutants(mutants_of(path, given.operators, only), given.rows, seeds, results))
    print(as_text(found))
    if given.json is not None:
        given.json.write_text(json.dumps(plain(found), indent=1))


def main(words: list[str] | None = None) -> int:
    given = options().parse_args(words)
    seeds = given.seeds or (FEW_SEEDS if given.subset else 10)
    if given.keras:
        beside_keras(read_cases(given.file or default_files()), given.keras, given.seeds or 3)
        return 0
    print(machine())
    results = ResultsFile(given.results)
    if given.command == "mutants":
        mutants(given, given.seeds or FEW_MUTANT_SEEDS, results)
    elif given.command == "pairs":
        pairs(asked(given), seeds, results)
    else:
        verdicts(asked(given), seeds, results, given.json, given.repeats)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
    except CaseError as error:
        sys.exit(str(error))
