"""What runs inside a notebook task: JupyterLab, and the agent that keeps its files."""

__version__ = "0.1.0"
