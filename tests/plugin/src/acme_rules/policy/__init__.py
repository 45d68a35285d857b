"""What the company asks of every workload."""
