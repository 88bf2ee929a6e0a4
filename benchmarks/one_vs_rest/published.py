"""The table of L. Ruff et al., "Deep one-class classification", ICML 2018: AUROC x 100.

Means of ten seeds, one figure for each class, in the order of the classes.
"""

COLUMNS = [
    "OC-SVM", "KDE", "IF", "DCAE", "AnoGAN", "soft-bound Deep SVDD",
    "one-class Deep SVDD",
]  # fmt: skip

_MNIST = """
98.6 97.1 98.0 97.6 96.6 97.8 98.0
99.5 98.9 97.3 98.3 99.2 99.6 99.7
82.5 79.0 88.6 85.4 85.0 89.5 91.7
88.1 86.2 89.9 86.7 88.7 90.3 91.9
94.9 87.9 92.7 86.5 89.4 93.8 94.9
77.1 73.8 85.5 78.2 88.3 85.8 88.5
96.5 87.6 95.6 94.6 94.7 98.0 98.3
93.7 91.4 92.0 92.3 93.5 92.7 94.6
88.9 79.2 89.9 86.5 84.9 92.9 93.9
93.1 88.2 93.5 90.4 92.4 94.9 96.5
"""

_CIFAR10 = """
61.6 61.2 60.1 59.1 67.1 61.7 61.7
63.8 64.0 50.8 57.4 54.7 64.8 65.9
50.0 50.1 49.2 48.9 52.9 49.5 50.8
55.9 56.4 55.1 58.4 54.5 56.0 59.1
66.0 66.2 49.8 54.0 65.1 59.1 60.9
62.4 62.4 58.5 62.2 60.3 62.1 65.7
74.7 74.9 42.9 51.2 58.5 67.8 67.7
62.6 62.6 55.1 58.6 62.5 65.2 67.3
74.9 75.1 74.2 76.8 75.8 75.6 75.9
75.9 76.0 58.9 67.3 66.5 71.0 73.1
"""


def _table(text):
    """Return a dict from the column to its ten figures."""
    rows = [[float(cell) for cell in line.split()] for line in text.split("\n") if line]
    return dict(zip(COLUMNS, zip(*rows, strict=True), strict=True))


PUBLISHED = {"mnist": _table(_MNIST), "cifar10": _table(_CIFAR10)}
