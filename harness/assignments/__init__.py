"""The assignments that come with dout, one folder each."""
