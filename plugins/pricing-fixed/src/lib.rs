//! A fixed price: the first bid at or under it is taken.
