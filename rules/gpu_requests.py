"""How jobs ask a cluster for a GPU, where its profile says so for all of them."""

from collections.abc import Iterable

from snakemake.rules import Rule

# Of these, default resources speak to jobs that ask for a GPU alone.
OF_GPU_JOBS = ("gres", "gpu_model")


def ask_for_gpus(rules: Iterable[Rule]) -> None:
    """Take what is said of GPUs from rules that ask for none, and of the others `gpu` where there is a `gres`.

    The SLURM plugin refuses both at once, and would ask for a GPU of the model for every job.
    """
    for rule in rules:
        unused = ("gpu",) if _is_set(rule, "gres") else ()
        for name in unused if _is_set(rule, "gpu") else OF_GPU_JOBS:
            # Snakemake leaves resources out that are None.
            rule.resources[name] = None


def _is_set(rule: Rule, name: str) -> bool:
    resource = rule.resources.get(name)
    return resource.is_evaluable() or bool(resource.value)
