"""Handing a print job over to a folder or a printer: checks, transfer, progress."""
