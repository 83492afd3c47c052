"""Commands of their own subject, each thin over a verb; `cli` gives them their names."""
