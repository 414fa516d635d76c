"""The version of the state: which one is there, which one this code needs, and the way between.

`infra/state.py` says what this code needs, and `.chalice/state.json` keeps it. A deployment writes
it to the stack's tags; on one machine it is in the state directory, too. Whoever finds another one
there stops before anything is changed.
"""
