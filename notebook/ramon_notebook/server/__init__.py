"""JupyterLab as it runs in a notebook task, with the agent as a server extension."""
