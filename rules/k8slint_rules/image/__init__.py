"""What is in the image, and when it got there."""
