"""Reports and files for people: overviews, evidence of a notice, the file for a court."""
