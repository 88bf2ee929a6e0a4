"""Speed and memory, each figure a ratio of what ran side by side in one process.

    python -m benchmarks.speed --quick
    python -m benchmarks.speed
    python -m benchmarks.speed --only fit score --rounds 15

Sections that are not run keep their figures of the run before. See
benchmarks/README.md.
"""

import argparse
import time
from datetime import date

from benchmarks.common import (
    add_trial_options,
    machine,
    one_thread,
    results_folder,
    say,
)
from benchmarks.speed.by_rows import rows_section
from benchmarks.speed.ensemble import ensemble_section
from benchmarks.speed.fit import fit_section, score_section
from benchmarks.speed.gan import gan_section
from benchmarks.speed.graphs import graphs_section
from benchmarks.speed.image_memory import image_memory_section
from benchmarks.speed.images import images_section
from benchmarks.speed.memory import memory_section
from benchmarks.speed.report import Results
from benchmarks.speed.sampling import sampling_section
from benchmarks.speed.scale import growth_section, import_section, search_section
from benchmarks.speed.svdd import svdd_section

SECTIONS = {
    "fit": fit_section,
    "score": score_section,
    "rows": rows_section,
    "graphs": graphs_section,
    "images": images_section,
    "ensemble": ensemble_section,
    "svdd": svdd_section,
    "gan": gan_section,
    "sampling": sampling_section,
    "memory": memory_section,
    "image-memory": image_memory_section,
    "growth": growth_section,
    "import": import_section,
    "search": search_section,
}


def main():
    """Run the sections, one after the other, and keep what is known."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=list(SECTIONS))
    parser.add_argument("--rounds", type=int, help="rounds that count, default 7")
    add_trial_options(parser, "little data, two rounds")
    args = parser.parse_args()
    one_thread()
    folder = results_folder(args)
    results = Results(folder / "speed.json")
    for section in args.only:
        facts = {"date": str(date.today()), "machine": machine(), "quick": args.quick}
        start = time.perf_counter()
        say(f"== {section}: {facts['machine']}")
        checks = SECTIONS[section](args.quick, args.rounds or (2 if args.quick else 7))
        facts["seconds"] = time.perf_counter() - start
        results.put(section, checks, facts)
    say(results.report())


if __name__ == "__main__":
    main()
