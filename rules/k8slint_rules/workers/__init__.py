"""Task workers, schedulers, jobs, and state shared between processes."""
