"""Fonts: the ones installed on this machine, what they can draw, and the faces that drawn pages use."""
