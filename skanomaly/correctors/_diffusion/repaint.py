"""Fill the unknown part of rows with a diffusion that was trained on whole rows."""

import torch

from skanomaly.correctors._table.keys import row_uniform

__all__ = ["fill_rows", "published_repaint", "repaint"]

CHUNK_ROWS = 512


def repaint(process, x0, unknown, n_resamplings, noise):
    """Return rows whose unknown part fits the known one (Lugmayr et al., algorithm 1).

    Parameters
    ----------
    process : object
        Has ``n_timesteps``, ``prior(noise)``, ``reverse(x, t, noise)``,
        ``diffuse(x0, t, noise)`` to the level of t, and ``renoise(x, t, noise)`` from
        the level before t to that of t.
    x0 : tensor of shape (n, n_units)
        The rows.
    unknown : bool tensor of shape (n, n_units)
        True = regenerate.
    n_resamplings : int
        How often a step is taken, so that both parts can adapt to each other.
    noise : callable
        Maps a step and a resampling to three tensors of shape (n, n_units).
    """
    x = process.prior(noise(process.n_timesteps, 0)[0])
    for t in reversed(range(process.n_timesteps)):
        for u in range(n_resamplings if t > 0 else 1):
            for_reverse, for_known, for_renoise = noise(t, u)
            known = process.diffuse(x0, t - 1, for_known) if t > 0 else x0
            y = torch.where(unknown, process.reverse(x, t, for_reverse), known)
            repeats = t > 0 and u + 1 < n_resamplings
            x = process.renoise(y, t, for_renoise) if repeats else y
    return x


def published_repaint(process, x0, unknown, n_resamplings, noise):
    """Fill rows as the published code does.

    Two things differ from `repaint`: the known part has the noise of one level too
    many, and so has every step's start, because the last resampling adds noise, too.
    """
    x = process.prior(noise(process.n_timesteps, 0)[0])
    for t in reversed(range(process.n_timesteps)):
        # At the last step nothing is random and nothing adds up: once is enough.
        for u in range(n_resamplings if t > 0 else 1):
            for_reverse, for_known, for_renoise = noise(t, u)
            known = process.diffuse(x0, t, for_known if t > 0 else 0 * for_known)
            y = torch.where(unknown, process.reverse(x, t, for_reverse), known)
            x = process.renoise(y, t, for_renoise) if t > 0 else y
    return x


def fill_rows(method, process, x0, unknown, n_resamplings, seed, keys):
    """Fill rows chunk by chunk with `repaint` or `published_repaint`.

    A row's noise depends on the seed and on the row's key, and on nothing else.
    """
    filled = torch.empty_like(x0)
    with torch.inference_mode():
        for start in range(0, len(x0), CHUNK_ROWS):
            rows = slice(start, start + CHUNK_ROWS)
            noise = _noise(process, x0[rows], seed, keys[rows])
            args = x0[rows], unknown[rows], n_resamplings, noise
            filled[rows] = method(process, *args)
    return filled


def _noise(process, like, seed, keys):
    def noise(t, u):
        draws = process.draw(row_uniform(keys, (*seed, t, u), (3, like.shape[1])))
        return torch.from_numpy(draws).to(like.device).unbind(dim=1)

    return noise
