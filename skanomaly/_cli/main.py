"""Run a command, and turn what goes wrong into one line and an exit status."""

import os
import signal
import sys
import traceback
import warnings
from importlib import import_module

from skanomaly._cli.arguments import parse
from skanomaly._cli.errors import InputError

__all__ = ["main"]

# The summary of a repair says this for each column.
SAID = "Far more cells look wrong"
FAILURE, USAGE, INTERRUPTED, BROKEN_PIPE = 1, 2, 130, 141


def main(arguments=None):
    """Run the command line.

    Parameters
    ----------
    arguments : list of str, default=None
        What was typed behind the program's name; None takes it from `sys.argv`.

    Returns
    -------
    int
        Exit status: 0 fine, 1 failure, 2 wrong arguments or input.
    """
    options = parse(arguments)
    try:
        _run(options)
    except BrokenPipeError:
        # Python would complain again when it closes the output.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        return _report(error, options.debug)
    return 0


def script():
    """Entry point of the installed program `skanomaly`."""
    # `kill` ends the program as Ctrl-C does, so that half-written files are removed.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())


def _run(options):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        # pandas and torch take seconds to import, `--help` should not.
        import_module(f"skanomaly._cli.{options.command}").run(options)
    if not options.quiet:
        _pass_on(caught, options.debug)


def _pass_on(caught, debug):
    """Print warnings once each; those of other packages are for developers."""
    ours = [w for w in caught if debug or w.category is UserWarning]
    for text in dict.fromkeys(" ".join(str(w.message).split()) for w in ours):
        if debug or not text.startswith(SAID):
            print(f"note: {text}", file=sys.stderr)


def _report(error, debug):
    if debug:
        traceback.print_exception(error)
    text = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, InputError):
        print(f"skanomaly: {text}", file=sys.stderr)
        return USAGE
    if isinstance(error, OSError):
        text = f"{error.filename or 'the system'}: {error.strerror or error}"
        print(f"skanomaly: {text}", file=sys.stderr)
        return FAILURE
    name = "" if debug else f"{type(error).__name__}: "
    print(f"skanomaly: failed: {name}{text} (--debug shows where)", file=sys.stderr)
    return FAILURE
