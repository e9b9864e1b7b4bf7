"""Rendering: documents are filled, converted by warm offices, and proved."""
