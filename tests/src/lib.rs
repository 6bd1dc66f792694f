//! stockbridge-tests.
