"""Whether each workload is ready for production, by what the rules found and what nobody can tell."""
