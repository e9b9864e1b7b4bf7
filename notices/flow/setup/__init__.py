"""Setting up a workspace, and checking what it needs on this machine."""
