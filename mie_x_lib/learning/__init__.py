"""What the networks of this project share, whatever they learn: devices, optimisers, steps, curves and the ResNet."""
