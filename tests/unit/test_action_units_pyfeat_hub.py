from http.client import BadStatusLine, RemoteDisconnected
from pathlib import Path
from urllib.error import URLError

import pytest
from huggingface_hub import constants, hf_hub_download

from mie_x_lib.action_units import pyfeat_hub
from mie_x_lib.errors import InputError
from tests.pyfeat_weights import hub_file


@pytest.fixture
def requests(monkeypatch):
    """What was asked of the network, which answers nothing, and how long the hub's client waited to try again."""
    requests = []
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr("time.sleep", requests.append)
    monkeypatch.setattr(pyfeat_hub, "urlopen", lambda address, timeout: requests.append(address) or unreachable())
    return requests


def unreachable():
    raise TimeoutError


def download(cache):
    return hf_hub_download("py-feat/some", "model.safetensors", cache_dir=cache)


def test_weights_that_are_kept_are_taken_without_a_look_at_the_network(tmp_path, requests):
    hub_file(tmp_path, "py-feat/some", "model.safetensors").write_bytes(b"weights")
    path = pyfeat_hub.from_hub(lambda: download(tmp_path), "something")
    assert Path(path).read_bytes() == b"weights"
    assert requests == []


def test_without_weights_and_network_one_sentence_names_the_command(tmp_path, requests):
    with pytest.raises(InputError, match=r"^something: the weights are not here.*snakemake --cores 1 fetch_weights"):
        pyfeat_hub.from_hub(lambda: download(tmp_path), "something")
    # Asked once, and no waiting for an answer that does not come.
    assert requests == ["http://127.0.0.1:9"]
    assert constants.HF_HUB_OFFLINE is False


@pytest.mark.parametrize("fault", [RemoteDisconnected("closed"), BadStatusLine("nonsense"), URLError("refused")])
def test_a_network_that_answers_nonsense_is_none(tmp_path, requests, monkeypatch, fault):
    def answer(address, timeout):
        raise fault

    monkeypatch.setattr(pyfeat_hub, "urlopen", answer)
    with pytest.raises(InputError, match="fetch_weights"):
        pyfeat_hub.from_hub(lambda: download(tmp_path), "something")


def test_weights_that_are_not_kept_are_fetched_where_there_is_a_network(monkeypatch):
    from huggingface_hub.errors import LocalEntryNotFoundError

    def load():
        if constants.HF_HUB_OFFLINE:
            raise LocalEntryNotFoundError("not here")
        return "weights"

    monkeypatch.setattr(pyfeat_hub, "_answers", lambda address: True)
    assert pyfeat_hub.from_hub(load, "something") == "weights"


def test_a_user_who_wants_no_network_is_obeyed(monkeypatch, tmp_path, requests):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(InputError, match="fetch_weights"):
        pyfeat_hub.from_hub(lambda: download(tmp_path), "something")
    assert requests == []
    assert constants.HF_HUB_OFFLINE is True


def test_a_folder_that_cannot_be_written_is_named(monkeypatch, tmp_path):
    def load():
        if constants.HF_HUB_OFFLINE:
            return download(tmp_path)
        raise PermissionError(13, "Permission denied", "/opt/feat/resources")

    monkeypatch.setattr(pyfeat_hub, "_answers", lambda address: True)
    with pytest.raises(InputError, match="cannot be written to /opt/feat/resources"):
        pyfeat_hub.from_hub(load, "something")
