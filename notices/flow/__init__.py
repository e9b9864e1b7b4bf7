"""Commands: each module carries out the command that it is named after."""
