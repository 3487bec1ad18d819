"""The library as others install it: from a wheel, without the clone, in any folder."""

import subprocess
import sys
import zipfile

import pytest

from mie_x_lib import shipped
from mie_x_lib.provenance import ROOT

pytestmark = pytest.mark.slow

LISTED = """
from pathlib import Path
import mie_x_lib, mie_x_lib.dataset, mie_x_lib.tables.metrics
from mie_x_lib import plugins, shipped, triplets
from mie_x_lib.corpora.clip_table import listed_clips, make_clips

row = {"subject": "006", "clip": "a", "emotion": "fear", "path": "x", "onset": 0, "apex": 3, "offset": 5, "fps": 200.0}
print(Path(mie_x_lib.__file__).parent)
print(*plugins.names("mie_x_lib.corpora.layouts"))
print(*sorted(triplets.read_expert_table(shipped.path("expert_table.csv")).emotions))
print(len(listed_clips(make_clips([row], "mine"), "mine")))
print(*(shipped.path(name).stat().st_size for name in shipped.NAMES))
"""


def pip(*arguments):
    subprocess.run([sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments], check=True)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT))
    (path,) = folder.glob("*.whl")
    return path


def test_a_wheel_holds_the_library_and_what_it_ships_alone(wheel):
    library = ROOT / "mie_x_lib"
    kept = {str(path.relative_to(ROOT)) for path in library.rglob("*") if path.is_file()}
    kept = {path for path in kept if "__pycache__" not in path}
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
        sizes = {name: archive.getinfo(f"mie_x_lib/shipped/{name}").file_size for name in shipped.NAMES}
    assert packed == kept
    assert sizes == {name: shipped.path(name).stat().st_size for name in shipped.NAMES}


def test_an_installed_library_works_in_a_folder_of_others(wheel, tmp_path):
    pip("install", "--no-deps", "--target", str(tmp_path / "site"), str(wheel))
    (tmp_path / "work").mkdir()
    environment = {"PYTHONPATH": str(tmp_path / "site")}
    asked = {"cwd": tmp_path / "work", "env": environment, "stdout": subprocess.PIPE, "text": True, "check": True}
    found = subprocess.run([sys.executable, "-c", LISTED], **asked)
    place, layouts, expert_labels, clips, sizes = found.stdout.splitlines()
    assert place == str(tmp_path / "site" / "mie_x_lib")
    assert layouts.split() == [path.stem for path in sorted((ROOT / "mie_x_lib/corpora/layouts").glob("[!_]*.py"))]
    assert (expert_labels, clips) == ("0 1 2", "1")
    assert sizes.split() == [str(shipped.path(name).stat().st_size) for name in shipped.NAMES]
