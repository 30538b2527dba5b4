//! A sealed reverse auction: the lowest bid is taken when it closes.
