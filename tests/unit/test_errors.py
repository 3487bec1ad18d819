from mie_x_lib.errors import one_error_of


def test_one_fault_stands_alone_and_more_are_counted():
    assert str(one_error_of(["a"])) == "a"
    assert str(one_error_of(["a", "b"])) == "2 faults:\na\nb"


def test_of_many_faults_the_first_are_told():
    lines = str(one_error_of(range(1, 53))).splitlines()
    assert lines[:2] == ["52 faults:", "1"]
    assert lines[-2:] == ["50", "and 2 more"]
