"""Parameters: declared once for several classes, and handed through to skorch."""

import difflib
import inspect
import re
from numbers import Integral
from textwrap import TextWrapper, indent
from typing import Any, NamedTuple, Self, get_type_hints

from sklearn.base import BaseEstimator

from skanomaly.utils._compat import Interval, InvalidParameterError
from skanomaly.utils._docstrings import filled

# Of a description: 88 columns less the margins of a class and of an entry.
WRAPPER = TextWrapper(80, break_long_words=False, break_on_hyphens=False)


class Param(NamedTuple):
    """A parameter that several classes share.

    It annotates an entry of a `TypedDict`: ``lr: Annotated[float, Param(...)]``. Type
    checkers read the type; signature, constraint and docstring are made from the rest.

    Parameters
    ----------
    default : object
        Default value.
    constraints : list
        As in scikit-learn's ``_parameter_constraints``.
    kind : str
        Type, as the docstring says it.
    text : str
        Description in the docstring, wrapped here unless it has lines of its own.
    """

    default: Any
    constraints: list
    kind: str
    text: str

    def entry(self, name):
        """Entry in a docstring."""
        default = repr(self.default).replace("'", '"')
        if isinstance(self.default, type):
            default = f"torch.optim.{self.default.__name__}"
        text = self.text if "\n" in self.text else WRAPPER.fill(self.text)
        return f"{name} : {self.kind}, default={default}\n{indent(text, ' ' * 4)}"


def _joined_table(cls):
    """Shared parameters of a class, those that are new in it before the inherited."""
    inherited = super(cls, cls)._param_table
    if cls._params is None:
        return inherited
    hints = get_type_hints(cls._params, include_extras=True)
    table = {name: hint.__metadata__[0] for name, hint in hints.items()}
    new = [name for name in table if name not in inherited]
    names = [*new, *(name for name in inherited if name in table)]
    changed: dict[str, dict] = {}
    for base in reversed(cls.__mro__):
        for name, fields in vars(base).get("_changed_params", {}).items():
            changed[name] = {**changed.get(name, {}), **fields}
    return {name: table[name]._replace(**changed.get(name, {})) for name in names}


def _joined_constraints(cls):
    constraints: dict[str, list] = {}
    for base in reversed(cls.__mro__[1:]):
        constraints |= vars(base).get("_parameter_constraints", {})
    inherited = super(cls, cls)._param_table
    for name, param in cls._param_table.items():
        if name not in inherited or param.constraints != inherited[name].constraints:
            constraints[name] = param.constraints
    for name in cls._fixed_params:
        constraints.pop(name)
    return constraints | vars(cls).get("_parameter_constraints", {})


def _forwarding_init(cls):
    """Make a constructor for a class whose shared parameters alone are its own."""

    def __init__(self, *args, **params):
        super(cls, self).__init__(*args, **params)

    return __init__


def _joined_signature(cls):
    """Own parameters first, then the shared ones, and those of the next class up.

    The ``**params`` that carries them is left out: scikit-learn would take it for a
    parameter of that name.
    """
    own = inspect.signature(cls.__dict__["__init__"])
    keyword = inspect.Parameter.KEYWORD_ONLY
    stars = inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL
    joined = {n: p for n, p in own.parameters.items() if p.kind not in stars}
    if len(joined) == len(own.parameters):  # takes no more
        return own
    parent = next(c for c in cls.__mro__[1:] if "__init__" in vars(c))
    for name, parameter in inspect.signature(parent.__init__).parameters.items():
        if parameter.kind not in stars:
            joined.setdefault(name, parameter.replace(kind=keyword))
    for name, param in cls._param_table.items():
        if name not in own.parameters:
            joined.pop(name, None)
            joined[name] = inspect.Parameter(name, keyword, default=param.default)
    for name in cls._fixed_params:
        joined.pop(name)
    return own.replace(parameters=list(joined.values()))


def _texts(cls):
    """Texts that stand for a name in braces in the docstring of a class."""
    entries = [param.entry(name) for name, param in cls._param_table.items()]
    texts: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        texts |= vars(base).get("_shared_docstrings", {})
    entries.append(texts.get("further_parameters", ""))
    return {**texts, "parameters": "\n".join(entry for entry in entries if entry)}


def _wants_number(constraints):
    """Whether a parameter is a number, and nothing that a boolean could mean."""
    numbers = any(isinstance(constraint, Interval) for constraint in constraints)
    return numbers and "boolean" not in constraints


class SharedParamsMixin(BaseEstimator):
    """Take parameters that several classes share from a table.

    `_params` is a `TypedDict` whose entries are annotated by `Param`: the parameters
    that a class shares with others. `_changed_params` has the fields of `Param` that
    are different in a class. Constructors name only their own parameters and take the
    rest as ``**params``; `__init_subclass__` shows the full list to `help` and to
    scikit-learn, adds the constraints, and fills ``{parameters}`` and the names of
    `_shared_docstrings` in the docstring.
    """

    _params: Any = None
    _changed_params: dict[str, Any] = {}
    _param_table: dict[str, Param] = {}
    # Parameters of the next class up that this class sets itself.
    _fixed_params: tuple[str, ...] = ()
    _shared_docstrings: dict[str, str] = {}

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        cls._param_table = _joined_table(cls)
        cls._parameter_constraints = _joined_constraints(cls)
        shares = {"_params", "_changed_params"} & vars(cls).keys()
        if shares and "__init__" not in vars(cls):
            setattr(cls, "__init__", _forwarding_init(cls))  # noqa: B010, mypy would mind
        if "__init__" in vars(cls):
            vars(cls)["__init__"].__signature__ = _joined_signature(cls)
        if cls.__doc__:  # python -OO has none
            cls.__doc__ = filled(cls.__doc__, _texts(cls))

    def _store_shared_params(self, params):
        """Keep the shared parameters; return those that are left."""
        for name, param in self._param_table.items():
            setattr(self, name, params.pop(name, param.default))
        return params

    def _store_params(self, params):
        """Keep all parameters; a name that is none is a `TypeError`."""
        for name in self._store_shared_params(params):
            raise TypeError(self._unexpected(name))

    def _known_names(self):
        """Names to suggest when one is unknown."""
        return self._get_param_names()

    def _unexpected(self, name):
        component, _, inner = name.partition("__")
        wanted = f"{component}__…" if inner else name
        close = difflib.get_close_matches(wanted, self._known_names())
        hint = f" Did you mean {close[0]!r}?" if close else ""
        return f"{type(self).__name__} got an unexpected parameter {name!r}.{hint}"


class NetParamsMixin(SharedParamsMixin):
    """Keep ``component__name`` parameters beside the declared ones.

    They live in one private dictionary, because scikit-learn wants ``__init__`` to set
    only its declared parameters as public attributes. `get_params`, `set_params` and
    therefore `clone` and `GridSearchCV` treat both kinds alike.
    """

    _components: tuple[str, ...] = ()
    # Parameters of the net that are taken without a suffix, too rare to be declared.
    _undeclared: tuple[str, ...] = ()

    def _store_params(self, params):
        """Keep all parameters; a name that is none is a `TypeError`."""
        params = self._store_shared_params(params)
        self._net_params = {}
        for name, value in params.items():
            if not self._is_net_param(name):
                raise TypeError(self._unexpected(name))
            self._net_params[name] = value

    def _is_net_param(self, name):
        component, _, inner = name.partition("__")
        return name in self._undeclared or bool(component in self._components and inner)

    def _known_names(self):
        return [*super()._known_names(), *(f"{c}__…" for c in self._components)]

    def _validate_params(self):
        """Check the parameters; True and False, which are integers, are no numbers."""
        try:
            super()._validate_params()
        except InvalidParameterError as error:
            raise InvalidParameterError(f"{error}{self._hint(str(error))}") from None
        for name, constraints in self._parameter_constraints.items():
            value = getattr(self, name, None)
            if isinstance(value, bool) and _wants_number(constraints):
                raise InvalidParameterError(
                    f"The {name!r} parameter of {type(self).__name__} must be a "
                    f"number. Got {value!r} instead."
                )

    def _hint(self, message):
        """What to write in place of a value that was refused."""
        named = re.search(r"The '(\w+)' parameter", message)
        name = named and named[1]
        value = getattr(self, name or "", None)
        if "must be an array-like" in message and isinstance(value, Integral):
            return f" Write {name}=({value},)."
        if name == "optimizer" and isinstance(value, str):
            return " Write a class of torch, such as optimizer=torch.optim.Adam."
        return ""

    def get_params(self, deep: bool = True) -> dict[str, Any]:
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

    def set_params(self, **params: Any) -> Self:
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
        ours = {n: value for n, value in params.items() if self._is_net_param(n)}
        rest = {n: value for n, value in params.items() if n not in ours}
        for name in rest:
            if name.partition("__")[0] not in self._get_param_names():
                raise ValueError(f"Invalid parameter: {self._unexpected(name)}")
        super().set_params(**rest)
        self._net_params = {**self._net_params, **ours}
        return self
