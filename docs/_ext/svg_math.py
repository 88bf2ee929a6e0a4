"""Formulas as drawings within the page: no script, no installed font, no network.

MathML would be shorter. But browsers draw it with fonts of the machine, and badly where
none is for mathematics.
"""

from xml.etree import ElementTree

import ziamath
from docutils.nodes import SkipNode
from sphinx.util.math import get_node_equation_number

# Size of the drawing, and how large it is shown beside the text, in em.
SIZE, EM = 24.0, 1.1


def _drawing(tex, inline):
    formula = ziamath.Latex(tex, inline=inline, size=SIZE, color="currentColor")
    svg = formula.svgxml()
    width, _ = formula.getsize()
    svg.attrib.pop("height")
    svg.set("width", f"{EM * width / SIZE:.3f}em")
    style = f"vertical-align: {EM * formula.getyofst() / SIZE:.3f}em; max-width: 100%"
    for name, value in {"style": style, "role": "img", "aria-label": tex}.items():
        svg.set(name, value)
    return ElementTree.tostring(svg, encoding="unicode")


def _inline(translator, node):
    translator.body.append(_drawing(node.astext(), inline=True))
    raise SkipNode


def _block(translator, node):
    number = ""
    if node["number"]:
        number = (
            f'<span class="eqno">({get_node_equation_number(translator, node)})</span>'
        )
    start = translator.starttag(node, "div", STYLE="text-align: center; margin: 1rem 0")
    drawing = _drawing(node.astext(), inline=False)
    translator.body.append(f"{start}{number}{drawing}</div>\n")
    raise SkipNode


def setup(app):
    """Make "svg" known to `html_math_renderer`."""
    ziamath.config.svg2 = (
        False  # symbols would have ids, which may occur once on a page
    )
    app.add_html_math_renderer("svg", (_inline, None), (_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
