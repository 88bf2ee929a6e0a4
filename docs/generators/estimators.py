"""The table of all estimators of the page "Which one?"."""

from dataclasses import dataclass
from importlib import import_module

import pandas as pd

from benchmarks import summary
from benchmarks.common import RESULTS, rounded

# What stands below them, to compare with.
BESIDE = ("kNN", "IsolationForest", "LOF", "PyOD AutoEncoder")

# The memory section of benchmarks.speed measures this one.
MEMORY_OF = "AutoEncoder"
MEMORY = "fit 1,000,000 x 20 float32: extra peak"


@dataclass
class Entry:
    """A class and, in a few words, its idea."""

    path: str
    idea: str

    @property
    def name(self):
        """The name of the class."""
        return self.path.rpartition(".")[2]


ESTIMATORS = [
    Entry("detectors.AutoEncoder", "reconstruction error, and distance to near rows"),
    Entry("detectors.NeighborsDetector", "distance to near rows; no network"),
    Entry("detectors.MultiEncoderAutoEncoder", "several encoders, one decoder"),
    Entry("detectors.NoiseContrastiveAutoEncoder", "reconstructions or random codes?"),
    Entry("detectors.VAE", "bounds of the likelihood"),
    Entry("detectors.VAEEnsemble", "several VAEs and their disagreement"),
    Entry("detectors.NormalizingFlow", "exact density of a row"),
    Entry("detectors.DeepSVDD", "distance to a centre"),
    Entry("detectors.DeepSAD", "the same, with a few labelled anomalies"),
    Entry("detectors.AnoGAN", "distance to the most similar generated row"),
    Entry("detectors.FastAnoGAN", "the same, with an encoder in place of a search"),
    Entry("detectors.WGANEnsemble", "critics that know real rows from generated ones"),
    Entry("detectors.GeometricTransformations", "which transformation was applied?"),
    Entry("detectors.OutlierDiscriminator", "a classifier against generated outliers"),
    Entry("detectors.CalibratedDetector", "threshold and p-values of any detector"),
    Entry("correctors.AnomalyCorrector", "repairs a table, with or without labels"),
    Entry("correctors.NoisyChannelCorrector", "unlikely in its row, likely an error"),
    Entry("correctors.InverseGradientRepair", "fewest edits that make a row normal"),
    Entry("correctors.DiffusionInpainter", "fills cells by the rest of their row"),
    Entry("samplers.FlowSampler", "outliers from the latent space of a flow"),
    Entry("samplers.ArchetypalAnalysis", "rows as mixtures of extreme ones"),
    Entry("samplers.ArchetypalFlowSampler", "archetypes in the latent space of a flow"),
    Entry("samplers.UniformSampler", "uniform noise in the range of the rows"),
    Entry("classifiers.OutlierExposureClassifier", "unsure about generated outliers"),
]

# As ONNX graphs; AnoGAN searches while it scores.
EXPORTS = {e.name for e in ESTIMATORS if e.path.startswith("detectors.")} - {"AnoGAN"}
# With Dask.
SCALES_OUT = {
    e.name for e in ESTIMATORS if e.path.startswith(("detectors.", "correctors."))
}


def table():
    """All estimators as a Markdown table; cells that nobody measured are empty."""
    clean, contaminated = map(summary.detection, ("clean", "contaminated"))
    rows = [_row(entry, clean, contaminated) for entry in ESTIMATORS]
    for name in BESIDE:
        figures = _figures(name, clean, contaminated)
        rows.append({"estimator": summary.shown(name), **figures})
    return summary.markdown(pd.DataFrame(rows).fillna(""))


def _row(entry, clean, contaminated):
    return {
        "estimator": f"{{class}}`~skanomaly.{entry.path}`",
        "idea": entry.idea,
        **_figures(entry.name, clean, contaminated),
        "memory": _memory(entry.name),
        "explains": _explains(entry),
        "ONNX": "yes" if entry.name in EXPORTS else "",
        "Dask": "yes" if entry.name in SCALES_OUT else "",
    }


def _figures(name, clean, contaminated):
    return {
        "clean": _cell(clean, name, "AUROC", "{:.3f}".format),
        "contam.": _cell(contaminated, name, "AUROC", "{:.3f}".format),
        "fit s": _cell(clean, name, "fit s", rounded),
    }


def _cell(frame, name, column, write):
    return write(frame.loc[name, column]) if name in frame.index else ""


def _memory(name):
    if name != MEMORY_OF:
        return ""
    speed = pd.read_csv(RESULTS / "speed.csv").set_index("name")
    return f"{speed.loc[MEMORY, 'measured']:.0f} MB"


def _explains(entry):
    """What a class has to say about single rows, by the methods that it has."""
    module, name = entry.path.split(".")
    cls = getattr(import_module(f"skanomaly.{module}"), name)
    if module == "correctors":
        return "reasons"
    said = {"feature_scores": "columns", "reconstruct": "values"}
    return ", ".join(word for method, word in said.items() if hasattr(cls, method))
