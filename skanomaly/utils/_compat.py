"""Every private or recent name of scikit-learn that skanomaly uses, in one place."""

from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import validate_data

__all__ = ["Interval", "StrOptions", "validate_data"]
