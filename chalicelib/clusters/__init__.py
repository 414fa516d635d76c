"""Clusters: workers beside a notebook, each a job of AWS Batch."""
