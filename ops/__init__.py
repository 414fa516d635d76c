"""Programs for those who build, deploy and operate the service."""
