"""What parameters of a diffusion go together. No torch here."""

__all__ = ["require_absorbing"]


def require_absorbing(formulation, what):
    """Refuse a diffusion that knows no probabilities, naming what needs them."""
    if formulation != "absorbing":
        raise ValueError(
            f"{what} needs formulation='absorbing', which knows the probability of "
            f"each value; formulation is {formulation!r}."
        )
