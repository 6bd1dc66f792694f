//! The channel: what it asks for, what it sends, how it reads what comes back.
