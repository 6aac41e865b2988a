"""Recipes made real: a node of the tree and what shall become of it give text edits, and edits give new files."""
