"""The verbs behind the commands and pages, one folder per stage of a clerk's day."""
