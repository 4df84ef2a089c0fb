"""Orders in advance: wishes left before slots open, and the fair draw that gives places out."""
