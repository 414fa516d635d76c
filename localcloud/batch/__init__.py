"""AWS Batch on one machine: its REST-JSON wire protocol, with real processes for jobs.

`wire` speaks the protocol, one module a kind of resource holds the operations, `scheduler` gives
jobs their place in a compute environment, `engine` runs them, `store` remembers everything, and
`faults` lets capacity run out or hosts vanish on request (`python -m localcloud.batch`).
"""
