"""The AWS part of the stand-in: the package ministack, configured, hardened and kept on disk."""
