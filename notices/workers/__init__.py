"""Worker processes: a pool on this machine, and the number of workers it can run."""
