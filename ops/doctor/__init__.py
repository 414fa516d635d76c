"""Looks whether all records agree with what runs in AWS: `python -m ops.doctor`."""
