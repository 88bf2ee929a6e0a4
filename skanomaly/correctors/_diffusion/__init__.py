"""Diffusion models of rows of categories; those that need torch wait for their use."""

from typing import TYPE_CHECKING

from skanomaly.utils._lazy import import_on_use

if TYPE_CHECKING:
    from skanomaly.correctors._diffusion import models as models
else:
    __getattr__ = import_on_use(__name__, {"models": ""})
