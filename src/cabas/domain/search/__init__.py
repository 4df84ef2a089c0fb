"""Finding products by words: an index in the process, made from the database and thrown away at will."""
