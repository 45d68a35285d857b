"""Users, privileges and the file system."""
