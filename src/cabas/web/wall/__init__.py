"""The wall of head office's control room: one dark page, read from five metres."""
