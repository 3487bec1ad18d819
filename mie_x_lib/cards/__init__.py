"""What is said of rendered faces to whoever gets them: what they are, on what terms, and what they are not for."""
