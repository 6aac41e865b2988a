"""Texts and trees: reading, parsing, and where things stand."""
