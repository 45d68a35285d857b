"""Signals, PID 1, shutdown and child processes."""
