"""Shards: letters of one template made as one document, by workers of an Executor."""
