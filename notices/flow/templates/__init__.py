"""Letter templates: their check, their preview with sample values, and the ones that come with the program."""
