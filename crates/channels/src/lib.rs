//! stockbridge-channels.
