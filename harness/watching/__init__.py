"""What `dout watch` does: grade a file again each time it is saved, and show the first mistake."""
