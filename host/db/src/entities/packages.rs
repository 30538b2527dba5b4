//! Threads, protected fields, files, rewards, and telling others of events.
