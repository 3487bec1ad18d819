"""Folds that part people, and what the networks of each fold are trained on."""
