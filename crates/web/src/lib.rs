//! stockbridge-web.
