"""Letter templates: checks, previews with sample values, and the bundled samples."""
