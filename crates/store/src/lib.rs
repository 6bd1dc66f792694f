//! stockbridge-store.
