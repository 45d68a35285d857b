"""Rules about artifacts that contradict each other."""
