"""A detector as a graph: traced by torch, in float64 as our own scores are."""

import torch
from torch import nn

from skanomaly._training.evaluate import rounded
from skanomaly.onnx._kernels import exact_numbers, with_known_kernels
from skanomaly.onnx._modules import quietly

__all__ = ["OUTPUTS", "detector_graph"]

# Those that every graph has; `feature_scores` follows where there are any.
OUTPUTS = ("anomaly_score", "decision_function", "label")

# Rows that the tracer sees. Not 0 or 1, for which it would make a graph of their own.
N_EXAMPLES = 3


class ScoringGraph(nn.Module):
    """From rows to all outputs, by the rules of `BaseDetector`.

    Parameters
    ----------
    plan : Plan
        Detector and threshold.
    """

    def __init__(self, plan):
        super().__init__()
        detector = plan.detector
        self.module = detector._scoring_module()
        for part in self.module.modules():
            if hasattr(part, "prepare_export"):
                part.prepare_export()
        # As tensors: numbers would become float32.
        self.score_shift, self.offset, self.cell_shift = (
            torch.tensor(value, dtype=torch.float64)
            for value in (detector._score_shift(), plan.offset, detector._cell_shift())
        )
        self.has_cells = plan.has_cells
        self.expansion = detector._table.expansion()

    def forward(self, x):
        """Anomaly scores, distances to the threshold, labels, and scores of cells."""
        x = self.module.standardize(x)
        score, cells = self._scores(self.module.model, x)
        score = rounded(score) + self.score_shift
        distance = -score - self.offset
        label = torch.where(distance >= 0.0, 1, -1)
        if not self.has_cells:
            return score, distance, label
        return score, distance, label, self._by_column(rounded(cells) + self.cell_shift)

    def _scores(self, model, x):
        """Scores of rows and of cells; what both need is computed once."""
        if not self.has_cells:
            return model.score(x), None
        cells = model.feature_scores(x)
        if hasattr(model, "row_score"):
            return model.row_score(cells, x), cells
        return model.score(x), cells

    def _by_column(self, cells):
        """Sum over the inputs of each column."""
        if self.expansion is None:
            return cells
        widths = [max(1, n) for n in self.expansion.n_codes]
        parts = cells.split(widths, dim=-1)
        return torch.cat([part.sum(-1, keepdim=True) for part in parts], dim=-1)


def detector_graph(plan, dtype, opset, input_name):
    """Trace a detector.

    Parameters
    ----------
    plan : Plan
        What to trace.
    dtype : torch.dtype
        Type of the rows.
    opset : int
        Version of the operators.
    input_name : str
        Name of the rows.

    Returns
    -------
    onnx.ModelProto
        A graph with one input and the outputs of `OUTPUTS`.
    """
    graph = ScoringGraph(plan).eval()
    rows = torch.zeros(N_EXAMPLES, plan.detector.n_features_in_, dtype=dtype)
    names = [*OUTPUTS, "feature_scores"] if plan.has_cells else list(OUTPUTS)
    with quietly(), torch.no_grad():
        try:
            program = torch.onnx.export(
                graph,
                (rows,),
                dynamo=True,
                verbose=False,
                opset_version=opset,
                dynamic_shapes=({0: torch.export.Dim("n_rows")},),
                input_names=[input_name],
                output_names=names,
                custom_translation_table=exact_numbers(),
            )
        except ImportError as error:
            raise ImportError(
                f"torch {torch.__version__} does not work with this onnxscript "
                f"({error}): install the newest one, pip install -U onnxscript."
            ) from error
        except Exception as error:  # torch raises its own, of many kinds
            raise ValueError(_explained(plan.detector, error)) from error
    assert program is not None
    return with_known_kernels(program.model_proto, opset)


def _explained(detector, error):
    text = str(error).strip().splitlines()
    return (
        f"torch cannot make a graph of this {type(detector).__name__} "
        f"({text[0] if text else type(error).__name__}). A network of your own may "
        "have no branches that depend on values, and only layers that torch.onnx knows."
    )
