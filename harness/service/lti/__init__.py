"""LTI 1.3 and its Assignment and Grade Services 2.0 (1EdTech): people come from an LMS, and scores go back to it."""
