"""Measures the service side by side with its peers: `python -m benchmarks NAME [--json]`.

One module a question. Each does the same work with this service, with the floor (the least that
the bare parts allow) and with the peer, interleaved in one run. Absolute times mean little on a
shared machine; the ratios are what we promise. The newest figures are in docs/performance.md.
"""
