"""The CPU quota against processes and threads."""
