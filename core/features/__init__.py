"""Features: what a backbone sees in a photo, remembered by content; neighbours and linear heads on top of it."""
