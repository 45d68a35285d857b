"""The memory limit, shared memory, and what a program believes it has."""
