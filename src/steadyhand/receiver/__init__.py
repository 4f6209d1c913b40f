"""The webhook: what it acknowledges is in the database (rule 2)."""
