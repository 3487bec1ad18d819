import atexit
import gc
import os
import re
import sys
from functools import cache, partial
from pathlib import Path
from typing import get_args

from mie_x_lib import bounds
from mie_x_lib.errors import InputError
from mie_x_lib.provenance import Modules, code_version, sha256
from mie_x_lib.settings.tables import ChosenBy, TrainingDataFormat
from rules.configuration import complete
from rules.hangup import end_at_hangup
from rules.rerun_settings import compare_content
from rules.scheduler import look_once_a_second
from snakemake.common.configfile import load_configfile
from snakemake.exceptions import WorkflowError

# Snakemake 9.27 starts scripts without quotes around the path of Python.
if re.search(r"\s", sys.executable):
    raise WorkflowError(
        f"{sys.executable}: Snakemake cannot start jobs with a Python whose path holds a blank; put the environment into "
        "a folder without one"
    )

given = workflow.config_settings
# What another workflow hands in is no merge of files.
is_merged = config == given.overwrite_config
try:
    parts = [*map(load_configfile, given.configfiles), given.config] if is_merged else [config]
    complete(config, given.configfiles, parts)
except InputError as error:
    raise WorkflowError(str(error)) from None
bounds.use(config["bounds"])
modules = Modules(".snakemake/modules.json")
code_version = partial(code_version, find=modules.find)

# As a module of another workflow, this one leaves the settings to the other.
if workflow.modifier.is_main_snakefile():
    compare_content(workflow)
    end_at_hangup()
    look_once_a_second()
    # A graph is some hundred thousand objects, most of which stay. Looking for what can go took an eighth of a plan, and
    # as long again at its end.
    gc.set_threshold(100_000)
    atexit.register(gc.freeze)


def without(section, *keys):
    """A section of the config as a rule sees it that does not depend on these keys."""
    return {key: value for key, value in section.items() if key not in keys}


def by_attempt(amount):
    """Memory or time of a job: with every further attempt as much again, since the last one may have lacked it."""
    return lambda wildcards, attempt: amount * attempt


def content_of(*inputs):
    """A param for the content of inputs, each given as it stands there, that are the user's own tables and weights.

    Snakemake goes by times, and a file that was restored from a copy has an old one.
    """

    def hashes(wildcards):
        given = [found(wildcards) if callable(found) else found for found in inputs]
        paths = [path for found in given for path in ([found] if isinstance(found, str) else found)]
        # Sorted, they would be the same for two files that change places.
        return [_sha256(path, os.stat(path).st_mtime_ns) for path in paths if is_users_own(path)]

    return hashes


def is_users_own(path):
    """Whether a file is there before any rule has run."""
    # Those of another run, ../other/results/..., are not made here.
    made_here = Path(os.path.normpath(path)).parts[:1] == ("results",)
    return os.path.isfile(path) and not made_here


@cache
def _sha256(path, mtime_ns):
    return sha256(path)


def any_of(names):
    """A regular expression for exactly these names; with no name, one that nothing matches."""
    return "|".join(names) or "(?!)"


def unique(values):
    """The values in their order, each once."""
    return list(dict.fromkeys(values))


wildcard_constraints:
    dataset=any_of(config["datasets"]),
    au_source=any_of(config["au_sources"]),
    id_source=any_of(config["id_sources"]),
    evaluation=any_of(config["evaluations"]),
    # Networks that see real clips alone are of the variant `none`.
    variant=any_of(["none", *config["variants"]]),
    classifier=any_of(config["classifiers"]),
    chosen_by=any_of(get_args(ChosenBy)),
    table=any_of(map(re.escape, config["tables"])),
    shard=r"\d+",
    fold=r"all|\d+",
