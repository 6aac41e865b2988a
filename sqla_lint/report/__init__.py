"""Findings as text: each reporter is a pure function from a report to what is printed."""
