"""Every benchmark, one after the other, each in a process of its own; or those named.

python -m benchmarks                       all of them: about an hour on 2 cores
python -m benchmarks steps process draw    these; the table and picture for the docs come last
"""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec

ALL: dict[str, tuple[str, ...]] = {
    "steps": (),
    "process": (),
    "fit_digits": ("--report",),
    "start": (),
    "predict": (),
    "soundings": (),
    "streaming": ("--page", "docs/large-data.md"),
    "growth": (),
    "techniques": (),
    "plans": (),
    "accuracy_peers": ("--page", "docs/performance.md"),
    "accuracy": (),
    "findings": (),
    "draw": (),
}
MODULES = {"fit_digits": "process"}


def main(names: list[str]) -> int:
    if unknown := [name for name in names if name not in ALL]:
        print(f"no benchmark {', '.join(unknown)}; there are {', '.join(ALL)}", file=sys.stderr)
        return 2
    failed = []
    for name in names or ALL:
        module = f"benchmarks.{MODULES.get(name, name)}"
        if find_spec(module) is None:
            print(f"\n# {name}: not here", flush=True)
            continue
        command = ["-m", module, *ALL[name]]
        print(f"\n# python {' '.join(command)}", flush=True)
        if subprocess.run([sys.executable, *command], check=False).returncode:
            failed.append(name)
    if failed:
        print(f"not finished: {', '.join(failed)}", file=sys.stderr)
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
