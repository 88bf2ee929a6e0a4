"""Settings of the documentation. Build it with `make docs`."""

import os
import sys
import warnings
from pathlib import Path

from sphinx_gallery.sorting import ExplicitOrder

import skanomaly

HERE = Path(__file__).parent
# Extensions of our own, and the figures of benchmarks/.
sys.path[:0] = [str(HERE / "_ext"), str(HERE), str(HERE.parent)]

project = "skanomaly"
author = "The skanomaly developers"
copyright = "2026, The skanomaly developers"
release = version = skanomaly.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.extlinks",
    "svg_math",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "generators",  # tables and pictures from benchmarks/results
]
exclude_patterns = [
    "_build", "examples", "sg_execution_times.rst", "**/sg_*.rst", "generators",
    "generated/_parts", "tutorial", "generated/tutorial/index.rst",
]  # fmt: skip
templates_path = ["_templates"]
default_role = "literal"
html_math_renderer = "svg"

# Links to other projects need their inventories from the network, which a build must
# not depend on.
if os.environ.get("READTHEDOCS") or os.environ.get("SKANOMALY_DOCS_ONLINE"):
    extensions.append("sphinx.ext.intersphinx")
    intersphinx_mapping = {
        "numpy": ("https://numpy.org/doc/stable/", None),
        "python": ("https://docs.python.org/3/", None),
        "sklearn": ("https://scikit-learn.org/stable/", None),
        "skorch": ("https://skorch.readthedocs.io/en/stable/", None),
        "torch": ("https://docs.pytorch.org/docs/stable/", None),
    }

html_theme = "pydata_sphinx_theme"
html_title = "skanomaly"
html_show_sourcelink = False
html_static_path = ["_static"]
html_css_files = ["skanomaly.css", "guide.css"]
html_logo = "_static/logo.svg"
html_favicon = "_static/favicon.svg"
# Pages without pages below them.
ALONE = ("index", "which_one", "install", "generated/tutorial/plot_start_to_end")
html_sidebars = {page: [] for page in ALONE}
html_theme_options = {
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "logo": {"text": "skanomaly"},
    "header_links_before_dropdown": 6,
}

extlinks = {
    "arxiv": ("https://arxiv.org/abs/%s", "arXiv:%s"),
    "doi": ("https://doi.org/%s", "doi:%s"),
}

myst_enable_extensions = ["attrs_block", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

autodoc_typehints = "none"  # the docstrings tell types
autosummary_generate = True
numpydoc_show_class_members = False  # the template of a class lists its methods

# Of the gallery, in the order of use.
SECTIONS = {
    "detect": (
        "pipeline mixed_table replace_isolation_forest false_discoveries grid_search "
        "contaminated_training chance_levels training_curve compare_pyod"
    ),
    "explain": "feature_scores latent_traversal",
    "repair": "repair_shop review_table command_line repair_table repair_minimal",
    "images": "one_vs_rest ano_gan transformations",
    "generate": (
        "flow_density vae_scores outlier_generation sampled_images archetypes "
        "known_truth fast_gradient"
    ),
    "production": "stream_drift",
}
SCRIPTS = [f"plot_{name}.py" for names in SECTIONS.values() for name in names.split()]

sphinx_gallery_conf = {
    # The tutorial is a gallery of its own, whose index would list one page.
    "examples_dirs": ["examples", "tutorial"],
    "gallery_dirs": ["auto_examples", "generated/tutorial"],
    "subsection_order": ExplicitOrder(
        [*(f"examples/{name}" for name in SECTIONS), "*"]
    ),
    "filename_pattern": r"plot_",
    "within_subsection_order": ExplicitOrder([*SCRIPTS, "*"]),
    "backreferences_dir": "generated/backreferences",
    "doc_module": ("skanomaly",),
    "capture_repr": ("_repr_html_",),
    "remove_config_comments": True,
    "show_signature": False,
    "min_reported_time": 10,
}

# An example is run as a script without a window.
warnings.filterwarnings("ignore", message=".*FigureCanvasAgg is non-interactive.*")


def setup(app):
    """Let inherited docstrings link to pages that are not here."""
    app.connect("autodoc-process-docstring", _without_foreign_labels)


def _without_foreign_labels(app, what, name, obj, options, lines):
    # scikit-learn's `ClassifierMixin.score` links to its own user guide.
    link = ":ref:`accuracy <accuracy_score>`"
    lines[:] = [line.replace(link, "accuracy") for line in lines]
