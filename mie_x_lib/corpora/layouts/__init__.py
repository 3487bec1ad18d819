"""One module a layout of a dataset on disk; each has `list_clips(root, dataset, **options)`."""
