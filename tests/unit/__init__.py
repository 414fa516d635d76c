"""Tests of single parts, without the rest of the service."""
