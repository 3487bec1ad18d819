"""No damage of a file is read as something else, crashes, or hangs; `tests.faults.damage` tries more of it."""

import pytest

from tests.faults.damage import DAMAGES, KINDS, OUTCOMES, outcomes

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", KINDS)
def test_damage_is_noticed_by_name(tmp_path, name, damage):
    found = outcomes(KINDS[name](tmp_path), DAMAGES[damage], tries=60)
    assert set(found) <= {OUTCOMES["n"], OUTCOMES["h"]}
    assert found[OUTCOMES["n"]] > 0
