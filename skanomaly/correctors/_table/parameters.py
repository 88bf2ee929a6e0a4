"""Parameters that correctors share: type, default, constraint and description."""

from collections.abc import Callable
from numbers import Integral
from typing import Annotated, Any, Literal, TypedDict

from skanomaly.utils._compat import Interval, StrOptions
from skanomaly.utils._params import Param
from skanomaly.utils._typing import ListLike, RandomStateLike

__all__ = ["INPUT_ATTRIBUTES", "CorrectorParams"]


class CorrectorParams(TypedDict, total=False):
    """Parameters of all correctors."""

    immutable: Annotated[
        ListLike,
        Param(
            (),
            ["array-like"],
            "list of str or int, or mask of shape (n_features,)",
            "Columns that never change, by name or by position (integers are "
            "positions).",
        ),
    ]
    constraints: Annotated[
        Callable[[Any], Any]
        | list[Callable[[Any], Any]]
        | tuple[Callable[[Any], Any], ...],
        Param(
            (),
            [list, tuple, callable],
            "callable or list of callables",
            "Each takes a DataFrame of repaired rows and returns one boolean a row: "
            "whether the row is acceptable. All hold on every row that changes. "
            "Where rows are judged as wholes, those that come in unacceptable are "
            "repaired, or marked as failed. "
            "Functions of a module can be pickled, lambdas cannot.",
        ),
    ]
    max_edits: Annotated[
        int | None,
        Param(
            None,
            [Interval(Integral, 1, None, closed="left"), None],
            "int",
            "Maximum number of edits of a row. Where whole rows are judged, a row that "
            "needs more is left alone; of single cells the surest are changed. Filling "
            "a missing cell is no edit.",
        ),
    ]
    categorical_features: Annotated[
        Literal["auto"] | ListLike,
        Param(
            "auto",
            ["array-like", StrOptions({"auto"})],
            '"auto", list of str or int, or mask',
            "Columns whose distinct values are categories; the others are cut into "
            'bins. "auto" bins dates and fractions, and whole numbers with more than '
            "`n_bins` distinct values that do not look like codes (postal codes, "
            "say); numbers written as text are numbers.",
        ),
    ]
    n_bins: Annotated[
        int,
        Param(
            16,
            [Interval(Integral, 2, None, closed="left")],
            "int",
            "Most bins of a numeric column. A changed number becomes a real value of "
            "the training rows from the middle of its new bin.",
        ),
    ]
    handle_unknown: Annotated[
        Literal["error", "keep", "repair"],
        Param(
            "error",
            [StrOptions({"error", "keep", "repair"})],
            '{"error", "keep", "repair"}',
            "What to do with a value that `fit` never saw: raise, leave the cell as it "
            "is, or treat it as missing, so that it may be replaced. A cell in a "
            "column of numbers or dates that is none is no reason to raise.",
        ),
    ]
    missing_values: Annotated[
        Literal["auto"] | ListLike | None,
        Param(
            "auto",
            [StrOptions({"auto"}), "array-like", None],
            '"auto", list of str or numbers, or None',
            'What stands for a missing value. "auto" knows blanks, "N/A", "null", '
            '"NaN", "-", "?", "unknown" and the like, in any case, as the whole cell. '
            'In a column of text a mark is a value beside other marks ("-" beside '
            '"+"), "NA" among codes of two letters, "unknown" in more than a fifth of '
            'the cells, "none" on a scale of few values. A list names more, which are '
            "always missing; None knows none.",
        ),
    ]
    ignore_y: Annotated[
        bool,
        Param(
            False,
            ["boolean"],
            "bool",
            "Whether to take no notice of the `y` given to `fit`. In a Pipeline whose "
            "target has two classes set it to True, or the rows of class 1 are taken "
            "for anomalies.",
        ),
    ]
    random_state: Annotated[
        RandomStateLike,
        Param(
            None,
            ["random_state"],
            "int, RandomState instance or None",
            "Source of everything random; an integer gives the same result on the same "
            "machine. The global generators of torch and numpy are left alone.",
        ),
    ]
    verbose: Annotated[
        int,
        Param(
            0,
            ["verbose"],
            "int",
            "0 is silent, 1 shows progress, 2 prints a line for every epoch.",
        ),
    ]


INPUT_ATTRIBUTES = """\
n_features_in_ : int
    Number of columns.
feature_names_in_ : ndarray of shape (n_features,)
    Their names, if `fit` saw a data frame."""
