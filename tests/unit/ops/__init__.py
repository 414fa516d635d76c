"""Tests of what deploys and operates the service."""
