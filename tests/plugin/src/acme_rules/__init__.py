"""Rules of one company."""
