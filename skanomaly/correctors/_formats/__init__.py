"""One way of writing for the cells of a text column, learned without labels."""
