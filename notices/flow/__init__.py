"""The verbs: each reads aloud as the process it carries out."""
