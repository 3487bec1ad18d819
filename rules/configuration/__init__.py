"""The config of an experiment: laid together from its files, completed, and checked."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from mie_x_lib.errors import InputError
from rules.configuration.checks import loose_ends
from rules.configuration.experiment import Experiment
from rules.configuration.layers import laid_over, read_layer
from rules.configuration.messages import message

# The folder of the Snakefile, wherever the working directory is.
PROJECT = Path(__file__).resolve().parents[2]
# The default experiment, and the tables of targets of their own.
FILES = ("config.yaml", "config/protocols.yaml", "config/claims.yaml")


def complete(config: dict, read_from: Iterable[str | Path] = (), parts: Sequence[Mapping] = ()) -> None:
    """Lay `config` over the files of the default experiment, fill in every default, and check it, all in place.

    A config.yaml in a working directory of its own lies between the two. Keys come in the order of their definition,
    and names that the user chooses in that of the default experiment, then of `config`: an equal experiment is an equal
    config, however it is written.
    read_from: the files that `config` comes from; Snakemake takes the last of two equal keys in silence. parts: what is
    laid over those files in place of `config`, one after the other, where `config` is Snakemake's merge of them, which
    adds the classes of one to those of another.
    Raises InputError with one line that names the first key at fault.
    """
    for path in read_from:
        read_layer(Path(path))
    files = [PROJECT / name for name in FILES]
    own = "config.yaml"
    if os.path.exists(own) and not os.path.samefile(own, files[0]):
        files.append(Path(own))
    # Laid together first, as Snakemake does it: null takes away what is below it, and nothing that comes after it.
    given: Mapping = {}
    for part in parts or [config]:
        given = laid_over(given, part)
    whole: dict = {}
    for layer in [*map(read_layer, files), given]:
        whole = laid_over(whole, layer)
    completed = checked(whole)
    _find_shipped(completed)
    config.clear()
    config.update(completed)


def checked(config: dict) -> dict:
    """The config with every default filled in; raises InputError as `complete` does."""
    try:
        experiment = Experiment.model_validate(config)
    except ValidationError as faults:
        raise InputError(f"config: {message(faults.errors()[0], Experiment)}") from None
    completed = experiment.model_dump()
    first = next(iter(completed["evaluations"]))
    for rows in completed["tables"].values():
        for row in rows:
            row["evaluation"] = row["evaluation"] or first
    # Where there is a root, nothing is drawn: giving one is all that a user has to do.
    completed["simulated"] = {
        name: casting
        for name, casting in completed["simulated"].items()
        if completed["datasets"].get(name, {}).get("root") is None
    }
    for fault in loose_ends(completed):
        raise InputError(f"config: {fault}")
    return completed


def _find_shipped(config: dict) -> None:
    """Name files that come with the project by their whole path where the working directory is another."""
    places = [(config[section], "weights") for section in ("action_units", "generator")]
    places += [(config[section], "initial") for section in ("training", "generator_training")]
    places += [(config["action_units"]["openface"], "binary")]
    places += [(source, "table") for source in config["au_sources"].values()]
    for section, key in places:
        shipped = str(PROJECT / (section[key] or ""))
        if section[key] and not os.path.exists(section[key]) and os.path.isfile(shipped):
            section[key] = shipped
