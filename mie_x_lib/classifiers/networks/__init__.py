"""One module a recognition network; each has a class of its own name, a `torch.nn.Module` from pairs to scores."""
