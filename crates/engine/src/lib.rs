//! stockbridge-engine.
