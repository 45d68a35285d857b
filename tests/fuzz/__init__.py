"""Fuzzing: what a hostile file may never do to a model, a setting or a whole run."""
