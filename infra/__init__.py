"""The stack, written once: `python -m infra` writes `.chalice/` from the code's own declarations.

Tables come from the models, functions with their roles, logs and alarms from the declarations of
entry points (`chalicelib/core/entry_points.py`). What no code declares stands here: network,
buckets, tasks, the web site. `make check` says when `.chalice/` is not what this program writes.
"""
