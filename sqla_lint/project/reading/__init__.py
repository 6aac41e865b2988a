"""One pass over the body of a function: what its statements and expressions do, and what its calls bring in."""
