//! stockbridge-sim.
