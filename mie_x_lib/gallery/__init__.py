"""A page that shows every rendered pair and test clip in motion: one HTML file, or one with a folder of pictures."""
