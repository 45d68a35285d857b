"""What the program prints, and whether it arrives."""
