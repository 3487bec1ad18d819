"""One module a format: `export(samples, card, folder)`, and DATA_FILES, patterns of the files that have the samples."""
