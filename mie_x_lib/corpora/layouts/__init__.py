"""One module a layout of a dataset on disk: `list_clips(root, dataset, **options)` and, where known, `LICENCE`.

`annotations(root, **options)` are the files that it reads beside pictures and videos; a layout without it reads none.
"""

# Terms of a dataset that its owners give to those who sign.
BY_AGREEMENT = "obtained from {} under an agreement, for research; not to be passed on; see the agreement"
