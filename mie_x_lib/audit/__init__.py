"""A search for test subjects in training sets that shares no code with what keeps them out."""
