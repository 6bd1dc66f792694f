//! stockbridge-domain.
