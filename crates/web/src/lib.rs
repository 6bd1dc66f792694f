//! stockbridge-web.
mod assets;
mod render;
mod view;
