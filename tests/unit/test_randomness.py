from mie_x_lib.randomness import stable_hash, stream


def test_a_key_has_one_hash_on_every_machine():
    assert stable_hash(0, "mmew", 17) == 0xF2D0564EBFBC94C345F6B0EBD0C562C1


def test_parts_of_a_key_do_not_run_together():
    assert stable_hash("a", "b") != stable_hash("ab")
    assert stable_hash(1, 23) != stable_hash(12, 3)


def test_a_stream_belongs_to_its_key():
    assert stream(0, "mmew", 1).random() == stream(0, "mmew", 1).random()
    assert len({stream(0, "mmew", sample).random() for sample in range(1000)}) == 1000
    assert stream(0, "mmew", 1).random() != stream(1, "mmew", 1).random()
