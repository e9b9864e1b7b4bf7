"""The page: a second door beside the command line. Views parse, call one verb of `flow`, and render a template."""
