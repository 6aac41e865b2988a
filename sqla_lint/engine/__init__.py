"""Files, processes and suppressions: everything between the command line and the pure floors."""
