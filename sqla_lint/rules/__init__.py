"""What every rule is asked: one file and one page a rule, in a folder a chapter."""
