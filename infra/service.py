"""The service's code, all of it loaded: what is declared anywhere in it is known then."""

import importlib
import pkgutil

import chalicelib


def load() -> None:
    """Import every module of the service, whether or not `app.py` leads to it."""
    for module in pkgutil.walk_packages(chalicelib.__path__, "chalicelib."):
        importlib.import_module(module.name)
