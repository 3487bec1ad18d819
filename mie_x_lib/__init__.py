"""From raw face videos to a trainable micro-expression dataset, and to the numbers that show what it is worth."""
