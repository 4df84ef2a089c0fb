"""Facts for those who analyse: what leaves the database, in which form, and without whom."""
