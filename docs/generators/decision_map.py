"""The map of the page "Which one?": questions in order, each answer a link.

It is drawn twice from the same questions, for wide and for narrow windows. Colours are
those of the theme, so that it follows the light and the dark mode.
"""

import textwrap
from dataclasses import dataclass
from html import escape
from pathlib import Path

from sphinx.errors import ExtensionError

from generators.questions import SECTIONS, links

LINE = 17  # height of a line of text
PAD = 9


@dataclass
class Layout:
    """Where questions and answers stand: sizes in pixels, texts in characters."""

    width: int
    question: int  # its width
    answer: int
    n_across: int  # answers side by side
    letters: int  # that fit into an answer
    question_letters: int

    def box(self, k):
        """Corner of the k-th answer, relative to the first one."""
        row, column = divmod(k, self.n_across)
        return column * (self.answer + 12), row * (HEIGHT + 10)


MOST_LINES = 3
HEIGHT = MOST_LINES * LINE + 2 * PAD
WIDE = Layout(960, 204, 236, 3, 25, 20)
NARROW = Layout(340, 340, 318, 1, 34, 36)


def wide():
    """The map with answers beside their question."""
    return _draw(WIDE)


def narrow():
    """The map with answers below their question."""
    return _draw(NARROW)


def check_links(app, exception):
    """Fail where the map leads to a page that was not built."""
    if exception or app.builder.name != "html":
        return
    ours = [link for link in links() if not link.startswith("http")]
    if missing := [link for link in ours if not Path(app.outdir, link).exists()]:
        raise ExtensionError(f"the map links to pages that do not exist: {missing}")


def _draw(layout):
    parts, y = [], 0
    for title, questions in SECTIONS.items():
        parts.append(f'<text class="title" x="0" y="{y + 22}">{title}</text>')
        y += 36
        for question in questions:
            is_last = question is questions[-1]
            parts.append(_question(layout, question, y, is_last))
            y += _height(layout, question) + 26
    drawn = "\n".join(parts)
    return (
        f'<svg class="decision-map" viewBox="0 0 {layout.width} {y}" role="group" '
        f'aria-label="Which estimator to take">\n{drawn}\n</svg>\n'
    )


def _first_answer(layout):
    """Where the first answer stands relative to its question."""
    if layout.question < layout.width:
        return layout.question + 22, 0
    return layout.width - layout.answer, LINE + 2 * PAD + 10


def _height(layout, question):
    rows = -(-len(question.answers) // layout.n_across)
    return _first_answer(layout)[1] + rows * (HEIGHT + 10) - 10


def _question(layout, question, y, is_last):
    x, below = _first_answer(layout)
    tall = LINE + 2 * PAD if below else HEIGHT
    end = y + _height(layout, question)
    parts = [_box("question", 0, y, layout.question, tall)]
    parts += _lines(question.text, layout.question_letters, 12, y, tall, "ask")
    if not is_last:
        parts.append(_arrow(12, y + tall, end + 24))
    for k, answer in enumerate(question.answers):
        right, down = layout.box(k)
        parts.append(_answer(layout, answer, x + right, y + below + down))
    return "\n".join(parts)


def _answer(layout, answer, x, y):
    kind = "away" if answer.leads_away else "ours"
    when = textwrap.wrap(answer.when, layout.letters)
    mark = " ↗" if answer.leads_away else ""
    take = textwrap.wrap(answer.take + mark, layout.letters)
    top = y + (HEIGHT - (len(when) + len(take)) * LINE) / 2 + 12.5
    texts = [("when", line) for line in when] + [("take", line) for line in take]
    lines = [
        _text(style, x + 12, top + k * LINE, text)
        for k, (style, text) in enumerate(texts)
    ]
    if len(texts) > MOST_LINES:
        raise ValueError(f"{answer.when!r}, {answer.take!r}: write less")
    label = escape(f"{answer.when}: {answer.take}", quote=True)
    return (
        f'<a href="{answer.link}" class="{kind}" aria-label="{label}">'
        f"{_box('answer', x, y, layout.answer, HEIGHT)}{''.join(lines)}</a>"
    )


def _lines(text, letters, x, y, height, style):
    wrapped = textwrap.wrap(text, letters)
    top = y + (height - len(wrapped) * LINE) / 2 + 13
    return [_text(style, x, top + k * LINE, line) for k, line in enumerate(wrapped)]


def _text(style, x, y, text):
    return f'<text class="{style}" x="{x}" y="{y:.1f}">{escape(text)}</text>'


def _box(style, x, y, width, height):
    return (
        f'<rect class="{style}" x="{x}" y="{y}" width="{width}" height="{height}" '
        'rx="8"/>'
    )


def _arrow(x, top, bottom):
    return (
        f'<path class="arrow" d="M{x} {top}V{bottom - 3}m-4 -6l4 6l4 -6"/>'
        f'<text class="else" x="{x + 10}" y="{bottom - 8}">none of these</text>'
    )
