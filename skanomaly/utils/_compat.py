"""Every private or recent name of scikit-learn that skanomaly uses, in one place."""

from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.validation import validate_data

__all__ = ["HasMethods", "Interval", "StrOptions", "validate_data"]
