"""The front door: one port for the app, the API, the notebooks and the GitHub stand-in."""
