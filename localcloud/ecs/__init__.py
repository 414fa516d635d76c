"""Amazon ECS on one machine: its JSON 1.1 wire protocol, with real processes for tasks.

`wire` speaks the protocol, one module a kind of resource holds the operations, `engine` runs
tasks, `scheduler` keeps services at their desired count, `store` remembers everything.
"""
