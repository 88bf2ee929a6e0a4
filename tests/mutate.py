"""Do the tests bite? Break the code in small ways and count what they notice.

``python tests/mutate.py --n 150 --seed 0 skanomaly/_training skanomaly/detectors``
draws 150 of all small mistakes that these files could have, makes them one at a time in
a copy of the checkout, and runs tests until one fails: with all mistakes those beside
the file, with what is left those farther away. What no test notices is printed with its
place: a test is missing, or it makes no difference. The tests must pass before.
"""

import argparse
import ast
import copy
import functools
import json
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import Queue

ROOT = Path(__file__).parents[1]
SECONDS = 600  # a test that never ends has noticed something, too

ENVIRONMENT = {
    "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "MPLBACKEND": "Agg",
    "SCIPY_ARRAY_API": "1", "PYTHONDONTWRITEBYTECODE": "1",
}  # fmt: skip

# Imported once and for all, since that takes longer than most tests.
PRELOADED = [
    "torch", "skorch", "sklearn.utils.estimator_checks", "scipy.stats", "pandas",
    "matplotlib.pyplot", "rapidfuzz", "tqdm", "pytest",
]  # fmt: skip

OPERATORS = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult, ast.Pow: ast.Mult,
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip
NAMES = {
    "min": "max", "max": "min", "amin": "amax", "amax": "amin", "any": "all",
    "all": "any", "argmin": "argmax", "argmax": "argmin", "sum": "mean", "mean": "sum",
    "minimum": "maximum", "maximum": "minimum", "zeros": "ones", "ones": "zeros",
    "first": "last", "log": "exp", "exp": "log", "sqrt": "square", "square": "sqrt",
}  # fmt: skip

LEFT_OUT = (ast.AugAssign, ast.Raise, ast.Continue, ast.Break)

# Arguments that change what is said or how fast it goes, not what comes out.
HARMLESS = {"stacklevel", "copy", "non_blocking", "desc", "unit", "dtype"}

# Functions whose first two arguments may be swapped.
SYMMETRIC = {"transpose", "swapaxes", "minimum", "maximum", "logaddexp", "array_equal"}

# Folders of tests for what has none of its own, or not enough.
FARTHER = {"_training": ["correctors/_diffusion", "detectors"]}

# Detectors that stand for all where a mistake is in what they share.
TYPICAL = ("AutoEncoder", "DeepSVDD", "FastAnoGAN", "NormalizingFlow", "VAEEnsemble")

# Contracts that belong to no detector, and those of other things.
NAMELESS = ("bad_rows", "wrong_parameter", "torch_threads")
UNCONCERNED = ("test_docstrings", "test_import", "test_correctors")


@dataclass
class Mutant:
    """A file with one mistake in it."""

    number: int
    path: str
    line: int
    kind: str
    before: str
    after: str
    source: str = ""
    noticed_by: str = ""
    makes_no_difference: str = ""  # why, written by hand into the results

    def __str__(self):
        change = f"{self.before[:70]!r} -> {self.after[:70]!r}"
        place = f"{self.number} {self.path}:{self.line}"
        return f"{place} {self.kind}: {change} {self.noticed_by[:90]}"


# Mistakes. Each function takes a node and yields pairs (kind, node in its place).


def operators(node):
    if isinstance(node, ast.BinOp | ast.BoolOp | ast.AugAssign):
        if type(node.op) in OPERATORS:
            yield "operator", changed(node, op=OPERATORS[type(node.op)]())
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in OPERATORS:
        ops = [OPERATORS[type(node.ops[0])](), *node.ops[1:]]
        yield "comparison", changed(node, ops=ops)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        yield "sign or not left out", node.operand


def constants(node):
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield "constant", changed(node, value=not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        other = node.value + 1 if isinstance(node.value, int) else node.value * 2 or 1.0
        yield "constant", changed(node, value=other)
    elif isinstance(node, ast.Name) and node.id in NAMES:
        yield "name", changed(node, id=NAMES[node.id])
    elif isinstance(node, ast.Attribute) and node.attr in NAMES:
        yield "name", changed(node, attr=NAMES[node.attr])


def arguments(node):
    if not isinstance(node, ast.Call):
        return
    for i, keyword in enumerate(node.keywords):
        if keyword.arg and keyword.arg not in HARMLESS:
            rest = node.keywords[:i] + node.keywords[i + 1 :]
            yield "argument left out", changed(node, keywords=rest)
    if getattr(node.func, "attr", None) in SYMMETRIC:
        return
    if len(node.args) > 1 and not any(isinstance(a, ast.Starred) for a in node.args):
        first, second, *rest = node.args
        yield "arguments swapped", changed(node, args=[second, first, *rest])


def statements(node):
    if isinstance(node, ast.If | ast.IfExp):
        for value in (True, False):
            yield "condition", changed(node, test=ast.Constant(value))
    targets = getattr(node, "targets", [None])
    is_call = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    if is_call or isinstance(node, LEFT_OUT):
        yield "statement left out", ast.Pass()
    elif isinstance(node, ast.Assign) and isinstance(targets[0], ast.Subscript):
        yield "statement left out", ast.Pass()


def changed(node, **fields):
    node = copy.copy(node)
    for name, value in fields.items():
        setattr(node, name, value)
    return node


class Replace(ast.NodeTransformer):
    """Put another node in the place of one, and copy nothing else."""

    def __init__(self, old, new):
        self.old, self.new = old, new

    def visit(self, node):
        return self.new if node is self.old else self.generic_visit(node)


def code_nodes(tree):
    """All nodes but those of annotations, messages, `__all__` and `__repr__`."""
    for field, value in ast.iter_fields(tree):
        if field in ("annotation", "returns") or isinstance(tree, ast.JoinedStr):
            continue
        if isinstance(tree, ast.Raise) and field in ("exc", "cause"):
            continue
        for node in value if isinstance(value, list) else [value]:
            if isinstance(node, ast.AST) and not is_left_alone(node):
                yield node
                yield from code_nodes(node)


def is_left_alone(node):
    if isinstance(node, ast.Assign):
        return ast.unparse(node.targets[0]) == "__all__"
    return getattr(node, "name", None) == "__repr__"


def places_of(path):
    """All mistakes that are made in a file: where, and which."""
    for index, node in enumerate(code_nodes(ast.parse((ROOT / path).read_text()))):
        for make in (operators, constants, arguments, statements):
            for number, _ in enumerate(make(node)):
                yield path, index, make, number


def mutant_at(drawn, path, index, make, number):
    tree = ast.parse((ROOT / path).read_text())
    old = list(code_nodes(tree))[index]
    kind, new = list(make(old))[number]
    before, after = ast.unparse(old), ast.unparse(new)
    mutated = ast.fix_missing_locations(Replace(old, new).visit(tree))
    return Mutant(drawn, path, old.lineno, kind, before, after, ast.unparse(mutated))


# Tests: those that import a file, the ones named after it first.


def test_runs(path):
    """Arguments of pytest, one list after the other until something is noticed."""
    parts = Path(path).with_suffix("").parts[1:]
    using = tests_around(path, ROOT.joinpath("tests", *parts[:-1]))
    own = [f for f in using if Path(f).stem == f"test_{parts[-1].lstrip('_')}"]
    # The file's own examples come last: were it the first to be imported, there would
    # be two of it, and tests that patch a constant would patch the other one.
    near = [*own, *(f for f in using if f not in own), path]
    yield near
    for folder in FARTHER.get(parts[0], parts[:1]):
        rest = tests_of_users(path, ROOT / "tests" / folder)
        yield [f for f in rest if f not in near]

    users = [name for name, home in detectors().items() if path in reach(home)]
    kept = TYPICAL if len(users) > len(TYPICAL) else users
    if kept and parts[0] != "samplers":
        files = sorted((ROOT / "tests/contract").glob("test_*.py"))
        files = [str(f.relative_to(ROOT)) for f in files if f.stem not in UNCONCERNED]
        yield [*files, "-k", " or ".join([*kept, *NAMELESS])]
    elif parts[0] == "correctors":
        yield ["tests/contract/test_correctors.py"]
    yield ["tests/contract/test_docstrings.py", "-k", f"skanomaly.{parts[0]}"]


def tests_around(path, folder):
    """Tests in a folder, or in the next one above that has some, that import a file."""
    files = sorted(folder.rglob("test_*.py"))
    files = [str(f.relative_to(ROOT)) for f in files if f.parent.name != "contract"]
    using = [file for file in files if path in reach(file)]
    if using or folder.name == "tests":
        # Of what stands at the top everything makes use.
        return using if len(using) < 20 else [f for f in using if "/_training/" in f]
    return tests_around(path, folder.parent)


def tests_of_users(path, folder):
    """All tests in a folder that import a file."""
    files = sorted(str(f.relative_to(ROOT)) for f in folder.rglob("test_*.py"))
    return [file for file in files if path in reach(file)]


def detectors():
    """Names of the public detectors, and their files."""
    init = "skanomaly/detectors/__init__.py"
    names = ast.literal_eval(
        next(
            node.value
            for node in ast.parse((ROOT / init).read_text()).body
            if isinstance(node, ast.Assign) and node.targets[0].id == "__all__"
        )
    )
    return {name: resolved("skanomaly.detectors", name) for name in names}


@functools.cache
def resolved(module, name):
    """File that ``from module import name`` reads the name from, or None."""
    folder = ROOT / module.replace(".", "/")
    inside = (folder / f"{name}.py", folder / name / "__init__.py")
    for file in (*inside, folder.with_suffix(".py")):
        if file.exists():
            return str(file.relative_to(ROOT))
    if not (folder / "__init__.py").exists():
        return None
    for node in imports(str((folder / "__init__.py").relative_to(ROOT))):
        if name in [alias.name for alias in node.names]:
            return resolved(node.module, name)
    # Loaded when it is touched: the file is known by what it defines.
    homes = [f for f in sorted(folder.rglob("*.py")) if name in definitions(f)]
    return str((homes or [folder / "__init__.py"])[0].relative_to(ROOT))


@functools.cache
def definitions(file):
    kinds = ast.ClassDef | ast.FunctionDef
    return {n.name for n in ast.parse(file.read_text()).body if isinstance(n, kinds)}


@functools.cache
def imports(path):
    """Statements of a file that import from the package or from shared tests."""
    nodes = ast.walk(ast.parse((ROOT / path).read_text()))
    named = [n for n in nodes if isinstance(n, ast.ImportFrom) and not n.level]
    return [n for n in named if n.module.partition(".")[0] in ("skanomaly", "tests")]


@functools.cache
def reach(path):
    """Files that a file imports, directly or not, and itself."""
    found, new = set(), {path}
    while new:
        found |= new
        pairs = [(n.module, a.name) for f in new for n in imports(f) for a in n.names]
        new = {resolved(*pair) for pair in pairs} - found - {None}
    return found


def fate_of(mutant, tests, copy_of_root):
    """Return what noticed the mistake, or an empty string."""
    file = copy_of_root / mutant.path
    original = file.read_text()
    file.write_text(mutant.source)
    try:
        return run(tests, copy_of_root)
    finally:
        file.write_text(original)


def run(tests, folder):
    """First failure of some tests, or an empty string."""
    output = folder / "output.txt"
    process = SERVER.Process(target=call_pytest, args=(tests, folder, output))
    process.start()
    process.join(SECONDS)
    if process.exitcode is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.join()
        return "timeout"
    if process.exitcode in (0, 5):  # 5: no tests were collected
        return ""
    lines = output.read_text(errors="replace").splitlines()
    failed = [x for x in lines if x.startswith(("FAILED", "ERROR"))]
    if not failed:
        return f"exit status {process.exitcode}"
    return failed[0].removeprefix("FAILED ").partition(" - ")[0]


def call_pytest(tests, folder, output):
    """Run some tests in this process, which is a new one."""
    os.setsid()
    os.chdir(folder)
    with output.open("w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    sys.path[:] = [str(folder), *(p for p in sys.path if not p.startswith(str(ROOT)))]
    import pytest

    options = ["-x", "-q", "-n", "0", "-p", "no:cacheprovider", "-m", "not slow"]
    status = pytest.main([*options, *tests])
    sys.stdout.flush()
    os._exit(int(status))


def git(*arguments):
    """Lines that git prints."""
    command = ["git", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.split("\n")


def checkout(folder):
    """Copy all files that git knows or would add."""
    listed = git("ls-files", "-co", "--exclude-standard")
    for name in filter(None, listed):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


def judge(mutants, n_jobs, n_rounds, report):
    """Run the nearest tests with every mistake, then the others with what is left."""
    paths = {mutant.path for mutant in mutants}
    runs = {path: [tests for tests in test_runs(path) if tests] for path in paths}
    with tempfile.TemporaryDirectory() as temporary, ThreadPoolExecutor(n_jobs) as pool:
        copies = Queue()
        for i in range(n_jobs):
            copies.put(checkout(Path(temporary) / str(i)))

        def judge_one(mutant, tests):
            folder, start = copies.get(), time.monotonic()
            mutant.noticed_by = fate_of(mutant, tests, folder)
            copies.put(folder)
            report(mutant, time.monotonic() - start)

        for i in range(min(n_rounds, max(map(len, runs.values())))):
            left = [m for m in mutants if not m.noticed_by and i < len(runs[m.path])]
            print(f"== round {i + 1}: {len(left)} mistakes", flush=True)
            list(pool.map(judge_one, left, [runs[m.path][i] for m in left]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("paths", nargs="+", help="files or folders of the package")
    parser.add_argument("--n", type=int, default=150, help="mistakes to draw")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=9, help="1: nearest tests only")
    parser.add_argument("--output", type=Path, help="JSON file for the results")
    parser.add_argument(
        "--again", action="store_true",
        help="only what survived when --output was written, and has no reason there",
    )  # fmt: skip
    options = parser.parse_args()

    files = sorted(
        {str(f.relative_to(ROOT)) for p in options.paths
         for f in ([ROOT / p] if p.endswith(".py") else (ROOT / p).rglob("*.py"))}
    )  # fmt: skip
    places = [place for path in files for place in places_of(path)]
    n_drawn = min(options.n, len(places))
    drawn = random.Random(options.seed).sample(places, n_drawn)
    drawn = [mutant_at(number, *place) for number, place in enumerate(drawn)]
    print(f"{n_drawn} of {len(places)} mistakes in {len(files)} files", flush=True)
    tried = recall(drawn, options.output) if options.again else drawn

    def report(mutant, seconds):
        word = "noticed " if mutant.noticed_by else "SURVIVED"
        print(f"{word} {seconds:4.0f} s  {mutant}", flush=True)
        if options.output:
            write(drawn, options)

    judge(tried, options.jobs, options.rounds, report)
    n_noticed = sum(bool(mutant.noticed_by) for mutant in drawn)
    n_same = sum(bool(mutant.makes_no_difference) for mutant in drawn)
    print(f"{n_noticed} of {n_drawn} noticed, {n_same} make no difference")


def recall(mutants, path):
    """Take over what became of mistakes before; return those that survived."""
    before = json.loads(path.read_text())["mutants"]
    for mutant, record in zip(mutants, before, strict=True):
        mutant.noticed_by = record["noticed_by"]
        mutant.makes_no_difference = record["makes_no_difference"]
    return [m for m in mutants if not (m.noticed_by or m.makes_no_difference)]


def write(mutants, options):
    records = [asdict(mutant) for mutant in mutants]
    for record in records:
        del record["source"]
        record.update(before=record["before"][:90], after=record["after"][:90])
    commit = git("rev-parse", "--short", "HEAD")[0]
    result = {"commit": commit, "seed": options.seed, "paths": options.paths}
    result["mutants"] = records
    options.output.write_text(json.dumps(result, indent=0) + "\n")


if __name__ == "__main__":
    os.environ.update(ENVIRONMENT)
    SERVER = multiprocessing.get_context("forkserver")
    SERVER.set_forkserver_preload(PRELOADED)
    main()
