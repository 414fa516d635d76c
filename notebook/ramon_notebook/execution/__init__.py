"""Cells go on with no browser: what they print is recorded here and saved into the notebook.

Pages run cells as ever, over Jupyter's own protocol. The recorder listens too. While the page
that started a cell is connected, that page keeps the notebook; when it is gone, the recorder
writes the outputs into the file, and the next page takes the running cell over (handlers,
and the page's part in labextension/).
"""
