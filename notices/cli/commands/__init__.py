"""The commands: one file per room of notices.flow, in the words of docs/cli.md."""
