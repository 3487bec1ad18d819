"""People whom a program draws, in the layouts of the datasets that they stand for; their action units are known."""
