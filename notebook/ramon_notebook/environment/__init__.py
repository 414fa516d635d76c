"""What code of the notebook may import: its own layer over the image, and how workers get the same.

A user's packages go into an overlay, a virtual environment whose own packages come before the
image's. So the image stays as it was built, and what was added can be told apart and sent on.
"""
