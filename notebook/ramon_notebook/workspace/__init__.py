"""The files of a notebook: restored at the start, kept in snapshots from then on."""
