"""GANimation (Pumarola et al., ECCV 2018): a face and 17 action units in, the same face with these action units out."""
