"""Write the page on which a person decides about the changes: one file, no network."""

import base64
import hashlib
import html
import json
from importlib.resources import files
from string import Template

import numpy as np
import pandas as pd

from skanomaly.correctors._review.texts import as_text
from skanomaly.utils._files import write_aside

__all__ = ["write_page"]

# So many changes are listed for a browser without JavaScript.
MAX_PLAIN = 1000
# What a browser could take for the end of the data.
ESCAPES = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def write_page(path, report, frame):
    """Write the changes of a report, with the rows of the table around them."""
    css, js, page = (_asset(f"page.{kind}") for kind in ("css", "js", "html"))
    data = _data(report, frame)
    text = Template(page).substitute(
        policy=_policy(css, js),
        title=html.escape(_title(report)),
        css=css,
        js=js,
        data=json.dumps(data, separators=(",", ":")).translate(ESCAPES),
        shown=_shown(len(report)),
        rows="\n".join(_plain_rows(report.head(MAX_PLAIN))),
    )
    write_aside(path, text.encode("utf-8", errors="replace"))


def _asset(name):
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _policy(css, js):
    """Allow this style and this script, and nothing else: no network, no other code."""
    style, script = (
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for text in (css, js)
    )
    return (
        f"default-src 'none'; style-src 'sha256-{style}'; "
        f"script-src 'sha256-{script}'; base-uri 'none'; form-action 'none'"
    )


def _title(report):
    n_changes = int((report["status"] == "repaired").sum())
    n_flags = len(report) - n_changes
    return f"{_count(n_changes, 'change')} and {_count(n_flags, 'flag')}"


def _count(n, what):
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def _data(report, frame):
    """All that the page shows, as plain lists; texts of a column only once each."""
    rows, row = np.unique(frame.index.get_indexer(report["row"]), return_inverse=True)
    columns = [_coded(frame.iloc[rows, j]) for j in range(frame.shape[1])]
    kinds, kind_names = pd.factorize(report["kind"])
    data = {
        "columns": [str(name) for name in frame.columns],
        "labels": [as_text(label) or "" for label in frame.index[rows]],
        "values": [values for values, _ in columns],
        "cells": np.column_stack([codes for _, codes in columns]).tolist(),
        "row": row.ravel().tolist(),
        "column": frame.columns.get_indexer(report["column"]).tolist(),
        "new": _texts(report["new"]),
        "suggestion": _texts(report.get("suggestion", [None] * len(report))),
        "p_new": _probabilities(report["p_new"]),
        "p_error": _probabilities(report["p_error"]),
        "status": report["status"].tolist(),
        "kind": kinds.tolist(),
        "kinds": [str(name) for name in kind_names],
        "reason": [str(reason) for reason in report["reason"]],
    }
    # Decisions of another table are not taken for those of this one.
    content = json.dumps(data).encode()
    return {"id": hashlib.sha256(content).hexdigest()[:16], **data}


def _coded(cells):
    """Distinct texts of some cells, and the number of each, -1 for a missing one."""
    codes, values = pd.factorize(np.array(_texts(cells), dtype=object))
    return list(values), codes


def _texts(cells):
    return [as_text(cell) for cell in cells]


def _probabilities(numbers):
    return [None if np.isnan(p) else round(float(p), 6) for p in numbers]


def _shown(n):
    if n <= MAX_PLAIN:
        return "These are all of them."
    return f"These are the first {MAX_PLAIN:,} of {n:,}; the report has all."


def _plain_rows(report):
    """Rows of the table that a browser without JavaScript shows."""
    for cell in report.itertuples(index=False):
        is_change = cell.status == "repaired"
        p = cell.p_new if is_change else cell.p_error
        texts = [as_text(v) for v in (cell.row, cell.column, cell.old, cell.new)]
        texts[2] = "(missing)" if texts[2] is None else texts[2]
        texts[3] = "(stays, flagged)" if not is_change else texts[3]
        texts += ["" if np.isnan(p) else f"{p:.3f}", str(cell.reason)]
        cells = "".join(f"<td>{html.escape(text or '')}</td>" for text in texts)
        yield f"<tr>{cells}</tr>"
