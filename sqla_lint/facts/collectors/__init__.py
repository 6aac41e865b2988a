"""One walk over a tree that collects everything a file says."""
