"""What the rules claim, beside what the kernel and real servers do."""
