"""The commands of `sqla-lint`, a module each. They print and exit; what they print comes from the floors below."""
