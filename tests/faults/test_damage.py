"""No damage of a file is read as something else, crashes, or hangs; `tests.faults.damage` tries more of it."""

import pytest

from tests.faults.damage import DAMAGES, KINDS, OUTCOMES, outcomes

pytestmark = pytest.mark.slow
# Nothing in this file says what its tensors are; the manifest does.
UNCHECKED = ("weights, read",)


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", KINDS)
def test_damage_is_noticed_by_name(tmp_path, name, damage):
    found = outcomes(KINDS[name](tmp_path), DAMAGES[damage], tries=60)
    allowed = {OUTCOMES["n"], OUTCOMES["h"], *([OUTCOMES["s"]] if name in UNCHECKED else [])}
    assert set(found) <= allowed
    assert found[OUTCOMES["n"]] > 0
