"""Looks whether tasks, servers, notebooks, routes and slots agree: `python -m ops.doctor`."""
