"""Which programs make one text of another: all that one example allows."""

from itertools import islice

from skanomaly.correctors._examples.pieces import FORMS, Literal, Span, Word
from skanomaly.correctors._examples.rewriting import (
    WHOLE,
    Affix,
    Constant,
    Number,
    Program,
    Replace,
    Template,
    Whole,
    only_number,
    write_number,
)
from skanomaly.correctors._examples.tokens import is_word, tokens
from skanomaly.correctors._formats.numerals import read_numeral

__all__ = ["propose", "propose_templates"]

# Longer texts are not taken apart into tokens that may stand anywhere.
MAX_TOKENS = 12
# Templates that are tried for one example, the cheapest; and all that are looked at.
N_TEMPLATES, N_SEEN = 24, 400
# Units differ by such factors.
SCALES = (10.0, 100.0, 1000.0, 1e6, 0.1, 0.01, 0.001, 60.0, 1 / 60)


def propose(old, new):
    """Return programs that make `new` of `old`; None stands for a missing cell."""
    programs: list[Program] = [Constant(old, new)]
    if old and new:
        programs += [Whole(what) for what in WHOLE]
        programs += [*_affixes(old, new), *_numbers(old, new)]
        programs += propose_templates(old, new)
    return [program for program in programs if program.rewrite(old) == new]


def _affixes(old, new):
    """Programs that change one place only."""
    first = _n_shared(old, new)
    last = _n_shared(old[first:][::-1], new[first:][::-1])
    there, here = old[first : len(old) - last], new[first : len(new) - last]
    if there:
        yield Replace(there, here)
    if new and new in old:
        at = old.index(new)
        yield Affix(drop_before=old[:at], drop_after=old[at + len(new) :])
    elif old in new:
        at = new.index(old)
        yield Affix(add_before=new[:at], add_after=new[at + len(old) :])
    elif not first or not last:
        ends = (there, "", here, "") if not first else ("", there, "", here)
        yield Affix(*ends)


def _n_shared(a, b):
    """Return how many characters two texts share at their start."""
    same = (i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y)
    return next(same, min(len(a), len(b)))


def _numbers(old, new):
    """Programs that read a number and write it anew."""
    found, target = only_number(old), read_numeral(new)
    if found is None or target is None or target.unit or not found[0]:
        return
    if found[2] == new:
        yield Number(as_written=True)
    decimals = len(target.digits.partition(".")[2])
    for scale in (1.0, *SCALES):
        for unit in dict.fromkeys((None, found[1] or None)):
            for kept in (None, decimals):
                if write_number(found[0] * scale, kept) == new:
                    yield Number(scale, kept, unit)


def propose_templates(source, new):
    """Return templates that make `new` of the tokens of a text, the cheapest."""
    parts, wanted = tokens(source), tokens(new)
    if not parts or not wanted or max(len(parts), len(wanted)) > MAX_TOKENS:
        return []
    ways = islice(_ways(parts, wanted), N_SEEN)
    templates = {Template(_joined(pieces)) for pieces in ways}
    used = [t for t in templates if any(not isinstance(p, Literal) for p in t.pieces)]
    return sorted(used, key=lambda t: (t.cost, str(t)))[:N_TEMPLATES]


def _ways(parts, wanted):
    """Yield the tuples of pieces that write the wanted tokens one after the other."""
    if not wanted:
        yield ()
        return
    for n, piece in _starts(parts, wanted):
        for rest in _ways(parts, wanted[n:]):
            yield (piece, *rest)


def _starts(parts, wanted):
    """Pieces that write the first wanted tokens, the longest first, and how many."""
    spans = [
        (n, i)
        for i in range(len(parts))
        if (n := _n_shared(parts[i:], wanted)) and any(map(is_word, parts[i : i + n]))
    ]
    for n, i in sorted(spans, key=lambda pair: (-pair[0], pair[1])):
        yield from ((n, span) for span in _spans(i, n, len(parts)))
    for i, token in enumerate(parts):
        for form, change in FORMS.items():
            if token != wanted[0] and change(token) == wanted[0]:
                yield 1, Word(i, form)
                yield 1, Word(i - len(parts), form)
    yield from ((1, Word(i, form)) for i, form in _same_in_form(parts, wanted[0]))
    yield 1, Literal(wanted[0])


def _same_in_form(parts, token):
    """Tokens that are as wanted already, and would be made so from other ones."""
    if not token.isdigit():
        return
    for i, part in enumerate(parts):
        if part == token:
            yield i, f"{max(2, len(token))} digits" if len(token) > 1 else _SHORT


_SHORT = "without leading zeros"


def _spans(i, n, n_parts):
    """Ways to say where tokens i to i + n of n_parts stand: from the start, the end."""
    yield Span(i, i + n if i + n < n_parts else None)
    if i:
        yield Span(i - n_parts, (i + n - n_parts) or None)
    elif i + n < n_parts:
        yield Span(0, i + n - n_parts)


def _joined(pieces):
    """Join texts that stand beside each other."""
    joined: list = []
    for piece in pieces:
        if joined and isinstance(piece, Literal) and isinstance(joined[-1], Literal):
            joined[-1] = Literal(joined[-1].text + piece.text)
        else:
            joined.append(piece)
    return tuple(joined)
