"""One module per kind of artifact: text in, facts with positions out."""
