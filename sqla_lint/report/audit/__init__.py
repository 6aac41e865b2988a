"""Reports of an audit: for a terminal, for programs, and as a page; each a pure function of the audit."""
