"""How a cluster shows itself: in a notebook, in a terminal, or not at all."""
