"""Writing what findings ask for into the files."""
