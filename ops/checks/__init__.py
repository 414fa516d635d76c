"""Rules of this project that no linter knows. `python -m ops.checks code|files|cloud|state`."""
