"""One module a format; each has `export(samples, card, folder)`."""
