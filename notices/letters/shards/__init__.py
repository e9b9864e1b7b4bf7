"""Shards: many letters in one document, made by workers through an Executor."""
