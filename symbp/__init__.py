"""A compiler for back-propagation."""
