"""The files of a notebook: a chain of immutable snapshots of content-addressed blobs."""
