"""The weights of py-feat (Cheong et al., Affective Science 2023), which it fetches from the Hugging Face hub once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar
from urllib.error import HTTPError
from urllib.request import urlopen

from mie_x_lib.errors import NETWORK_FAULTS, InputError

Loaded = TypeVar("Loaded")


def from_hub(load: Callable[[], Loaded], what: str) -> Loaded:
    """Return `load()`, whose weights come from where py-feat keeps them, or else, once, from the hub.

    Kept weights are taken without a look at the network: no answer is waited for, and no newer weights come in.
    what: what needs them, for the message. Raises InputError, within seconds, if they are neither here nor to be had.
    """
    from huggingface_hub import constants
    from huggingface_hub.errors import LocalEntryNotFoundError

    with offline():
        try:
            return load()
        except LocalEntryNotFoundError:
            pass
    # The hub's client tries for most of a minute where nothing answers, unless it is told.
    with offline(constants.HF_HUB_OFFLINE or not _answers(constants.ENDPOINT)):
        try:
            return load()
        except LocalEntryNotFoundError as error:
            raise InputError(
                f"{what}: the weights are not here, and the Hugging Face hub cannot be reached; run"
                " `snakemake --cores 1 fetch_weights`, with the options of this run, once where there is a network."
            ) from error
        except PermissionError as error:
            raise InputError(
                f"{what}: the weights are not here and cannot be written to {error.filename}, where py-feat keeps them;"
                " run `snakemake --cores 1 fetch_weights`, with the options of this run, as who owns that folder."
            ) from error


@contextmanager
def offline(is_offline: bool = True) -> Iterator[None]:
    """Keep the hub's client from the network, if `is_offline`."""
    from huggingface_hub import constants

    before = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = before or is_offline
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before


def _answers(address: str) -> bool:
    try:
        with urlopen(address, timeout=5):
            return True
    except HTTPError:
        return True
    except NETWORK_FAULTS:
        return False
