"""Parameters named ``component__name`` that go through to skorch."""

import difflib
import inspect
from textwrap import indent

from sklearn.base import BaseEstimator

__all__ = ["NetParamsMixin", "join_signature_and_docstring"]


class NetParamsMixin(BaseEstimator):
    """Keep ``component__name`` parameters beside the declared ones.

    They live in one private dictionary, because scikit-learn wants ``__init__`` to set
    only its declared parameters as public attributes. `get_params`, `set_params` and
    therefore `clone` and `GridSearchCV` treat both kinds equally.

    Subclasses declare only their own parameters and take the rest as ``**training``;
    `__init_subclass__` shows the full list to `inspect.signature`, `help` and
    scikit-learn, and puts shared texts in place of their ``{name}`` in the docstring.
    """

    _components: tuple[str, ...] = ()
    # Parameters of the net that are taken without a suffix, too rare to be declared.
    _undeclared: tuple[str, ...] = ()
    _shared_docstrings: dict[str, str] = {}

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        join_signature_and_docstring(cls)

    def _store_net_params(self, net_params):
        """Keep the dunder parameters; an unknown name is a `TypeError`."""
        self._net_params = {}
        for name, value in net_params.items():
            if not self._is_net_param(name):
                raise TypeError(self._unknown(name))
            self._net_params[name] = value

    def _is_net_param(self, name):
        component, _, inner = name.partition("__")
        return name in self._undeclared or (
            component in self._components and inner != ""
        )

    def _unknown(self, name):
        known = [*self._get_param_names(), *(f"{c}__…" for c in self._components)]
        component, _, inner = name.partition("__")
        close = difflib.get_close_matches(
            name if not inner else f"{component}__…", known
        )
        hint = f" Did you mean {close[0]!r}?" if close else ""
        return f"{type(self).__name__} got an unexpected parameter {name!r}.{hint}"

    def get_params(self, deep=True):
        """Get the parameters, those named ``component__name`` included.

        Parameters
        ----------
        deep : bool, default=True
            Whether to include the parameters of nested estimators.

        Returns
        -------
        dict
            Parameter names mapped to their values.
        """
        return {**super().get_params(deep=deep), **self._net_params}

    def set_params(self, **params):
        """Set parameters, those named ``component__name`` included.

        A fitted network is not touched: the new values count from the next `fit` on.

        Parameters
        ----------
        **params : dict
            Parameter names mapped to their new values.

        Returns
        -------
        self : object
            The estimator itself.

        Raises
        ------
        ValueError
            If a name is unknown.
        """
        ours = {
            name: value for name, value in params.items() if self._is_net_param(name)
        }
        rest = {name: value for name, value in params.items() if name not in ours}
        for name in rest:
            if name.partition("__")[0] not in self._get_param_names():
                raise ValueError(f"Invalid parameter: {self._unknown(name)}")
        super().set_params(**rest)
        self._net_params = {**self._net_params, **ours}
        return self


def join_signature_and_docstring(cls):
    """Show the full list of parameters, and the shared texts in the docstring."""
    if "__init__" in cls.__dict__:
        vars(cls)["__init__"].__signature__ = _joined_signature(cls)
    for name, text in cls._shared_docstrings.items():
        if cls.__doc__:  # python -OO has none
            text = indent(text.strip(), "    ").lstrip()
            cls.__doc__ = cls.__doc__.replace(f"{{{name}}}", text)


def _joined_signature(cls):
    """Own parameters first, then those of the next class up that are not repeated.

    The ``**training`` that carries them is left out: scikit-learn would take it for a
    parameter of that name.
    """
    own = inspect.signature(cls.__dict__["__init__"])
    parent = next(
        (c for c in cls.__mro__[1:] if "__init__" in c.__dict__ and c is not object),
        None,
    )
    joined = {n: p for n, p in own.parameters.items() if p.kind is not p.VAR_KEYWORD}
    takes_more = len(joined) < len(own.parameters)
    if parent is not None and takes_more:
        inherited = inspect.signature(parent.__init__).parameters
        for name, parameter in inherited.items():
            if name not in joined and parameter.kind is not parameter.VAR_KEYWORD:
                joined[name] = parameter.replace(kind=parameter.KEYWORD_ONLY)
    return own.replace(parameters=list(joined.values()))
