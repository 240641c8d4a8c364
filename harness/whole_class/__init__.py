"""What ``dout class`` does: grade everything that a class handed in, on all cores, and go on after an interruption."""
