import numpy as np
import pandas as pd
import pytest
import torch

from mie_x_lib import weights
from mie_x_lib.ganimation.networks import Generator, blend
from mie_x_lib.ganimation.render import arithmetic_error, changes_visibly, join_identities, render_pairs, render_samples
from mie_x_lib.provenance import ROOT
from mie_x_lib.terms import APEX_AUS, AU_NAMES, ONSET_AUS

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def inputs():
    torch.set_num_threads(1)
    torch.manual_seed(0)
    random = np.random.default_rng(0)
    faces = random.integers(0, 256, (5, 16, 16, 3), dtype=np.uint8)
    onset, apex = random.random((2, 5, 17)).astype(np.float32)
    return Generator(width=4, residual_blocks=1), faces, onset, apex


def test_onset_and_apex_are_what_the_generator_makes_of_each(inputs):
    generator, faces, onset, apex = inputs
    pairs = render_pairs(generator, faces, onset, apex, device=CPU)
    assert pairs.shape == (5, 2, 16, 16, 3)
    assert pairs.dtype == np.uint8
    image = torch.from_numpy(faces[2:3]).permute(0, 3, 1, 2) / 127.5 - 1
    for place, aus in enumerate((onset, apex)):
        with torch.no_grad():
            colour, mask = generator(image, torch.from_numpy(aus[2:3]))
        made = ((mask * image + (1 - mask) * colour + 1) * 127.5)[0].permute(1, 2, 0).numpy()
        np.testing.assert_allclose(pairs[2, place], made, atol=0.51)


def test_the_video_variant_begins_and_ends_with_the_bytes_of_the_pair(inputs):
    generator, faces, onset, apex = inputs
    pairs = render_pairs(generator, faces, onset, apex, batch_size=2, device=CPU)
    clips = render_pairs(generator, faces, onset, apex, batch_size=2, device=CPU, frames=10)
    assert clips.shape == (5, 10, 16, 16, 3)
    np.testing.assert_array_equal(clips[:, [0, -1]], pairs)


def test_action_units_run_linearly_from_onset_to_apex(inputs):
    generator, faces, onset, apex = inputs
    clips = render_pairs(generator, faces, onset, apex, device=CPU, frames=5)
    quarter = render_pairs(generator, faces, onset + (apex - onset) / 4, (onset + apex) / 2, device=CPU)
    assert np.abs(clips[:, 1:3].astype(int) - quarter).max() <= 1
    assert (clips[:, 1:3] == quarter).mean() > 0.99


def test_samples_are_rendered_of_their_faces_and_those_that_do_not_change_are_marked(inputs):
    generator, faces, onset, apex = inputs
    samples = pd.DataFrame({"face": [3, 1]})
    samples[list(ONSET_AUS)], samples[list(APEX_AUS)] = onset[[3, 1]], [apex[3], onset[1]]
    ((clips, changed),) = render_samples(generator, faces, samples, 1, batch_size=2, frames=3)
    expected = render_pairs(generator, faces[[3, 1]], onset[[3, 1]], np.stack([apex[3], onset[1]]), frames=3)
    np.testing.assert_array_equal(clips, expected)
    assert changed.tolist() == [True, False]


def test_the_error_of_the_arithmetic_is_that_of_the_change(inputs):
    generator, faces, onset, apex = inputs
    none, rounding = arithmetic_error(generator, faces, onset, apex, "float32", device=CPU)
    error, same = arithmetic_error(generator, faces, onset, apex, "bfloat16", device=CPU)
    assert none == 0 < error < 1
    assert same == rounding
    images, aus = torch.from_numpy(faces).permute(0, 3, 1, 2) / 127.5 - 1, torch.from_numpy(np.stack([onset, apex]))
    with torch.no_grad():
        exact = [blend(images, *generator(images, asked)) for asked in aus]
        with torch.autocast("cpu", torch.bfloat16):
            other = [blend(images, *generator(images, asked)) for asked in aus]
    change, changed = (frames[1] - frames[0] for frames in (exact, other))
    assert error == pytest.approx(((changed - change).norm() / change.norm()).item(), rel=0.1)
    # Of numbers that are off by up to half a grey level, evenly, in each of two frames.
    expected = (2 / 12) ** 0.5 / 127.5 * change.numel() ** 0.5 / change.norm().item()
    assert rounding == pytest.approx(expected, rel=0.1)


def test_where_nothing_changes_the_arithmetic_is_not_at_fault(inputs):
    generator, faces, onset, _ = inputs
    assert arithmetic_error(generator, faces, onset, onset, "float32", device=CPU) == (0, 0)


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["float32", pytest.param("bfloat16", marks=pytest.mark.slow)])
def test_a_frame_has_the_same_bytes_in_any_company(precision):
    generator = weights.load(ROOT / "resources/generator.safetensors", "generator", Generator)
    random = np.random.default_rng(0)
    faces = random.integers(0, 255, (5, 64, 64, 3), np.uint8)
    onset, apex = random.random((2, 20, 17), np.float32)
    shown = random.integers(5, size=20)

    def rendered(rows, **options):
        return render_pairs(
            generator, faces, onset[rows], apex[rows], device=CPU, precision=precision, shown=shown[rows], **options
        )

    whole = rendered(np.arange(20))
    order = random.permutation(20)
    assert (rendered(order) == whole[order]).all()
    for count in (1, 2, 3, 5):
        assert (rendered(order[:count]) == whole[order[:count]]).all()
        parts = [rendered(rows, batch_size=count) for rows in np.array_split(np.arange(20), count)]
        assert (np.concatenate(parts) == whole).all()


@pytest.mark.parametrize("modulated", [False, True])
def test_what_frames_have_in_common_is_computed_once(inputs, monkeypatch, modulated):
    _, faces, onset, apex = inputs
    generator = Generator(width=4, residual_blocks=1, modulated=modulated)
    passed = {"encode": 0, "decode": 0}

    def count(name, method):
        def counted(images, *rest):
            passed[name] += len(images)
            return method(images, *rest)

        monkeypatch.setattr(generator, name, counted)

    for name in passed:
        count(name, getattr(generator, name))
    # Three samples of each of two faces, all from the same onset.
    shown, still = np.array([2, 2, 2, 4, 4, 4]), np.zeros((6, 17), np.float32)
    apexes = np.concatenate([apex, onset])[:6]
    pairs = render_pairs(generator, faces, still, apexes, batch_size=8, device=CPU, shown=shown)
    assert passed == {"encode": 2, "decode": 8}
    one_by_one = [render_pairs(generator, faces[[face]], still[:1], apexes[[n]]) for n, face in enumerate(shown)]
    assert (pairs == np.concatenate(one_by_one)).all()


def test_equal_action_units_give_equal_frames(inputs):
    generator, faces, onset, _ = inputs
    pairs = render_pairs(generator, faces, onset, onset, device=CPU)
    assert not changes_visibly(torch.from_numpy(pairs), 1).any()


def test_no_faces_give_no_pairs(inputs):
    generator, faces, onset, apex = inputs
    assert render_pairs(generator, faces[:0], onset[:0], apex[:0], device=CPU).shape == (0, 2, 16, 16, 3)


def test_a_change_is_visible_from_the_threshold_on():
    pairs = np.full((3, 2, 4, 4, 3), 100, np.uint8)
    pairs[1, 1, 2, 2, 1] = 98
    pairs[2, 1, 0, 0, 0] = 255
    assert changes_visibly(torch.from_numpy(pairs), 2).tolist() == [False, True, True]
    assert changes_visibly(torch.from_numpy(pairs), 3).tolist() == [False, False, True]
    # What happens on the way does not count.
    clips = np.insert(pairs, 1, 0, axis=1)
    assert changes_visibly(torch.from_numpy(clips), 2).tolist() == [False, True, True]


def test_samples_meet_their_identity_by_number_and_absent_ones_are_left_out():
    identities = pd.DataFrame({"identity": ["b", "a"], "number": [7, 5]})
    triplets = pd.DataFrame({"sample": [15, 16, 17, 18, 21], "label": [0, 1, 2, 0, 0]})
    triplets = triplets.assign(dataset="mmew", subject="S07", clip=list("vwxyz"), emotion=list("VWXYZ"))
    for position, name in enumerate(AU_NAMES):
        triplets[f"onset_{name}"] = position
        triplets[f"apex_{name}"] = position + 0.5
    samples = join_identities(identities, triplets)
    assert samples["sample"].tolist() == [15, 16, 17, 21]
    assert samples["face"].tolist() == [1, 1, 1, 0]
    assert samples["identity"].tolist() == ["a", "a", "a", "b"]
    assert samples["au_clip"].tolist() == ["v", "w", "x", "z"]
    assert samples["au_emotion"].tolist() == ["V", "W", "X", "Z"]
    assert list(samples)[1:8] == ["sample", "label", "identity", "au_dataset", "au_subject", "au_clip", "au_emotion"]
    assert list(samples)[8:] == [f"onset_{name}" for name in AU_NAMES] + [f"apex_{name}" for name in AU_NAMES]
