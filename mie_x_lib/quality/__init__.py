"""What renders are worth, a module a subject; all are functions of arrays."""
