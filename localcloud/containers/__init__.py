"""Containers as processes of this machine, for ECS's tasks and Batch's jobs alike."""
