"""What the map of the page "Which one?" asks, and where each answer leads."""

from dataclasses import dataclass


@dataclass
class Answer:
    """What holds, what to take then, and where that is described.

    Links that begin with "http" lead away from this library, and look so.
    """

    when: str
    take: str
    link: str

    @property
    def leads_away(self):
        """Whether something else is recommended."""
        return self.link.startswith("http")


@dataclass
class Question:
    """A question and its answers; who finds none goes on to the next one."""

    text: str
    answers: list


def _api(path):
    return f"generated/skanomaly.{path}.html"


def _guide(name):
    return f"user_guide/{name}.html"


SKLEARN = "https://scikit-learn.org/stable/modules/generated/sklearn."
NEIGHBOURS = SKLEARN + "neighbors.NearestNeighbors.html"
FOREST = SKLEARN + "ensemble.IsolationForest.html"
BOOSTING = SKLEARN + "ensemble.HistGradientBoostingClassifier.html"
IMPUTER = SKLEARN + "impute.IterativeImputer.html"
QUERY = "https://pandas.pydata.org/docs/reference/api/pandas.DataFrame.query.html"

DETECT = [
    Question(
        "Do you know what is odd?",
        [
            Answer("a rule says it", "write the rule", QUERY),
            Answer("labels: hundreds of anomalies", "a boosted classifier", BOOSTING),
            Answer("labels: 1 to 50 anomalies", "DeepSAD", _api("detectors.DeepSAD")),
        ],
    ),
    Question(
        "Are the rows images?",
        [
            Answer(
                "one kind of object is normal",
                "GeometricTransformations",
                _api("detectors.GeometricTransformations"),
            ),
            Answer(
                "pictures from elsewhere come in",
                "VAEEnsemble",
                _api("detectors.VAEEnsemble"),
            ),
            Answer(
                "few images, or no time",
                "NeighborsDetector",
                _api("detectors.NeighborsDetector"),
            ),
        ],
    ),
    Question(
        "How many rows, how much time?",
        [
            Answer(
                "under 100 rows, or milliseconds",
                "NeighborsDetector",
                _api("detectors.NeighborsDetector"),
            ),
            Answer("many rows, in a second", "IsolationForest", FOREST),
            Answer(
                "rows come in chunks", "partial_fit of a network", _guide("conventions")
            ),
        ],
    ),
    Question(
        "Must you say why?",
        [
            Answer(
                "which columns, what instead",
                "AutoEncoder",
                _api("detectors.AutoEncoder"),
            ),
            Answer(
                "how probable the row is",
                "NormalizingFlow",
                _api("detectors.NormalizingFlow"),
            ),
            Answer(
                "how many alarms are false",
                "p_values of all detectors",
                _guide("conventions"),
            ),
        ],
    ),
    Question(
        "What are the training rows?",
        [
            Answer("numbers, known to be normal", "nearest neighbours", NEIGHBOURS),
            Answer(
                "text, categories, missing cells",
                "AutoEncoder",
                _guide("mixed_tables"),
            ),
            Answer(
                "anomalies may be among them",
                "AutoEncoder",
                _api("detectors.AutoEncoder"),
            ),
        ],
    ),
]

REPAIR = [
    Question(
        "What is known about the errors?",
        [
            Answer("a rule says it", "write the rule", QUERY),
            Answer("nothing", "AnomalyCorrector", _api("correctors.AnomalyCorrector")),
            Answer(
                "cells corrected by hand",
                "AnomalyCorrector, taught",
                _guide("clean_a_table"),
            ),
        ],
    ),
    Question(
        "Are whole rows wrong, or missing?",
        [
            Answer(
                "rows are labelled, or break a known rule",
                "InverseGradientRepair",
                _api("correctors.InverseGradientRepair"),
            ),
            Answer(
                "cells are missing: categories",
                "DiffusionInpainter",
                _api("correctors.DiffusionInpainter"),
            ),
            Answer("cells are missing: numbers", "IterativeImputer", IMPUTER),
        ],
    ),
]

GENERATE = [
    Question(
        "What are the rows for?",
        [
            Answer(
                "outliers to train against",
                "FlowSampler",
                _api("samplers.FlowSampler"),
            ),
            Answer(
                "more rows of the same kind",
                "NormalizingFlow.sample",
                _api("detectors.NormalizingFlow"),
            ),
            Answer(
                "the extreme cases",
                "ArchetypalAnalysis",
                _api("samplers.ArchetypalAnalysis"),
            ),
        ],
    ),
]

SECTIONS = {
    "Find odd rows": DETECT,
    "Repair a table": REPAIR,
    "Generate rows": GENERATE,
}


def links():
    """All links, those of the documentation relative to its root."""
    questions = [q for section in SECTIONS.values() for q in section]
    return [answer.link for question in questions for answer in question.answers]
