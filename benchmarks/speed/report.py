"""What was measured: figures with their targets, the file of them and the report."""

import json
from dataclasses import asdict, fields

import pandas as pd

from benchmarks.common import duration, to_markdown
from benchmarks.speed.by_rows import ROWS_TITLE
from benchmarks.speed.check import Check
from benchmarks.speed.gan import GAN_TITLE
from benchmarks.speed.graphs import GRAPHS_TITLE
from benchmarks.speed.image_memory import IMAGE_MEMORY_TITLE
from benchmarks.speed.images import IMAGES_TITLE
from benchmarks.speed.sampling import SAMPLING_TITLE

TITLES = {
    "fit": "Fitting 10,000 x 20, network 20-64-32-8-32-64-20, plain autoencoder, Adam; "
    "20 epochs at batch 256, 5 epochs at batch 32. *Ours* is the whole `fit`: checks, "
    "standardization, building the net, training, scoring of the training rows for the "
    "threshold. *Bare torch* gets standardized float32 rows and slices batches from "
    "them, with fused Adam and nothing else. *PyOD* is its AutoEncoder with the same "
    "layers, without batch normalisation, dropout and weight decay; its `fit` scores "
    "the training rows, too, and drops the last batch that is not full.",
    "score": "The same network; ours computes in float64, PyOD in float32. The last "
    "line is of the defaults of both, which are different networks.",
    "rows": ROWS_TITLE,
    "graphs": GRAPHS_TITLE,
    "images": IMAGES_TITLE,
    "ensemble": "Fitting variational autoencoders 20-64-32-8-32-64-20 on 10,000 x 20, "
    "Adam, 20 epochs. *n members* is a VAEEnsemble, *one* a VAE with the same "
    "parameters, both with `contamination=0.1`; a fit ends with the scoring of its "
    "training rows in float64 by one draw, as PyOD does it: "
    "*without scoring* leaves it out. *loop* fits VAEs one after the other. *PyOD* is "
    "its VAE with the same layers, without batch normalisation and dropout; its `fit` "
    "scores the training rows by one draw in float32.",
    "svdd": "Fitting Deep SVDD with PyOD's default network (20-64-32) on 5,000 x 20, "
    "batches of 32, 20 epochs, without pretraining; both score the training rows.",
    "gan": GAN_TITLE,
    "sampling": SAMPLING_TITLE,
    "memory": "Peak resident memory beyond that with the rows loaded, in a process of "
    "its own, one epoch, after a warm-up; 1 MB is 10^6 bytes. For fitting float64 rows "
    "one copy in float32 is allowed.",
    "image-memory": IMAGE_MEMORY_TITLE,
    "growth": "Whole fits of one epoch, batch 256, float32.",
    "import": "Processor seconds of fresh processes.",
    "search": "12 fits; wall time, since the workers are other processes.",
}


class Results:
    """The figures on disk: those of a new run replace those of the same section."""

    def __init__(self, path):
        self.path = path
        self.sections = json.loads(path.read_text()) if path.exists() else {}

    def put(self, section, checks, facts):
        """Replace a section and write everything: what follows may be interrupted."""
        self.sections[section] = facts | {"checks": [asdict(check) for check in checks]}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps(self.sections, indent=1) + "\n")
        self.frame().to_csv(self.path.with_suffix(".csv"), index=False)
        self.path.with_suffix(".md").write_text(self.report())

    def checks(self, section):
        """Return the figures of a section."""
        names = {field.name for field in fields(Check)}
        stored = self.sections[section]["checks"]
        return [Check(**{k: c[k] for k in names & c.keys()}) for c in stored]

    def frame(self):
        """Return all figures as a table, with "met" or "missed"."""
        rows = [
            asdict(check) | {"result": _verdict(check)}
            for section in TITLES
            if section in self.sections
            for check in self.checks(section)
        ]
        return pd.DataFrame(rows)

    def report(self):
        """Return the report as Markdown."""
        parts = [
            "# Speed and memory",
            "Written by `python -m benchmarks.speed`. One thread. What is compared "
            "runs in turn in one process (A B C, C B A, ...); a figure is the median "
            "of the ratios within the rounds, by processor time, with the lowest and "
            "the highest in brackets.",
        ]
        for section in TITLES:
            if section in self.sections:
                parts.append(self._section(section))
        return "\n\n".join(parts) + "\n"

    def _section(self, section):
        facts = self.sections[section]
        trial = "**A trial run with little data, not a result.** " * facts["quick"]
        rows = [
            {
                "what": check.name,
                "target": _target(check),
                "measured": _measured(check),
                "": _verdict(check),
                "note": check.note,
            }
            for check in self.checks(section)
        ]
        when = f"{facts['date']}, {duration(facts['seconds'])} min. {facts['machine']}."
        table = to_markdown(pd.DataFrame(rows))
        return f"## {section}\n\n{trial}{TITLES[section]}\n\n{table}\n\n{when}"


def _target(check):
    if check.target is None:
        return ""
    return f"{check.sign} {check.target:.4g} {check.unit}".strip()


def _measured(check):
    text = f"{check.measured:.3g} {check.unit}".strip()
    if check.low is not None:
        text += f" ({check.low:.3g} to {check.high:.3g})"
    return text


def _verdict(check):
    return {None: "", True: "met", False: "**missed**"}[check.met]
