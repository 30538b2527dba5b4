//! A base price with a band around it, and counter-offers before a bid lapses.
