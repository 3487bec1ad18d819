import numpy as np
import pandas as pd
import pytest

from mie_x_lib.action_units.instruments import Comparison
from mie_x_lib.quality.distributions import between_halves, wasserstein
from mie_x_lib.quality.rows import ALL, DISTANCES, Real, Rendered, quality_rows
from mie_x_lib.terms import AU_NAMES, LABEL_NAMES

MEASURES = (
    *("identity_kept", "change_mean", "change_p95", "changed_share", "border_change"),
    *("sharpness", "fine_detail", "checkerboard", "saturated"),
)
ONE_INSTRUMENT = Comparison("the embedded network", strength=True, distance=True, remark="")


def made(per_label=40, seed=0):
    random = np.random.default_rng(seed)
    count = 3 * per_label
    labels = np.arange(count) % 3
    wanted = random.random((count, 2, 17)) * 0.4
    samples = pd.DataFrame(
        {
            "label": labels,
            "identity": [f"n{row // 3}" for row in range(count)],
            "au_dataset": "mmew",
            "au_subject": [f"s{row % 5}" for row in range(count)],
            "au_clip": [f"c{row % 10}" for row in range(count)],
        }
    ).astype({"au_dataset": "string", "au_subject": "string", "au_clip": "string"})
    measures = pd.DataFrame({name: labels.astype(float) for name in MEASURES})
    return Rendered(samples, wanted, wanted.copy(), measures, random.random((count, 16)))


def real(rendered, shift=0.0):
    change = rendered.wanted[:, 1] - rendered.wanted[:, 0]
    subjects = rendered.samples["au_subject"].to_numpy(str)
    return Real(rendered.samples["label"].to_numpy(), subjects, change + shift, rendered.motion + shift)


def test_a_row_a_label_and_one_of_all():
    rows = quality_rows(made(), real(made(seed=1)), sampled=126, comparison=ONE_INSTRUMENT)
    assert rows["label"].tolist() == [*LABEL_NAMES, ALL]
    assert rows["sampled"].tolist() == [42, 42, 42, 126]
    assert rows["pairs"].tolist() == [40, 40, 40, 120]
    assert rows["unchanged"].tolist() == [2, 2, 2, 6]
    assert rows["unmeasured"].tolist() == [0, 0, 0, 0]
    assert rows["sharpness"].tolist() == [0, 1, 2, 1]
    assert rows["identities"].tolist() == [40, 40, 40, 40]
    assert rows["clips"].tolist() == [10, 10, 10, 10]
    np.testing.assert_allclose(rows["au_fidelity"], 1)
    np.testing.assert_allclose(rows["effective_clips"], 10, rtol=0.01)


def test_measures_are_means_over_the_pairs():
    rendered = made(per_label=2)
    rendered.measures["sharpness"] = [0, 0, 0, 0, 0, 0.6]
    rows = quality_rows(rendered, None, sampled=6, comparison=ONE_INSTRUMENT)
    assert rows["sharpness"].tolist() == pytest.approx([0, 0, 0.3, 0.1])


@pytest.mark.parametrize("differs", ["au_dataset", "au_subject"])
def test_clips_of_one_name_of_several_datasets_or_subjects_are_told_apart(differs):
    rendered = made()
    names = rendered.samples["au_subject"].copy()
    rendered.samples[["au_dataset", "au_subject", "au_clip"]] = "x"
    rendered.samples[differs] = names
    rows = quality_rows(rendered, None, sampled=120, comparison=ONE_INSTRUMENT)
    assert rows["clips"].tolist() == [5, 5, 5, 5]


def test_renders_that_are_all_asked_for_no_change_have_no_spread():
    rendered = made()
    rendered.wanted[:, 1] = rendered.wanted[:, 0]
    rows = quality_rows(rendered, None, sampled=120, comparison=ONE_INSTRUMENT)
    assert rows["au_spread"].tolist() == [0, 0, 0, 0]


def test_pairs_without_a_face_are_counted_and_not_measured():
    rendered = made()
    rendered.measured[:] = rendered.wanted / 2
    rendered.measured[3, 1] = np.nan
    rows = quality_rows(rendered, real(made()), sampled=120, comparison=ONE_INSTRUMENT)
    assert rows["unmeasured"].tolist() == [1, 0, 0, 1]
    np.testing.assert_allclose(rows["au_fidelity"], 1)
    np.testing.assert_allclose(rows["au_strength"], 0.5)


def test_a_label_is_compared_with_the_same_label_and_all_is_their_mean():
    rendered = made()
    clips = real(rendered)
    clips.change[clips.labels == 2] += 0.3
    rows = quality_rows(rendered, clips, sampled=120, comparison=ONE_INSTRUMENT)
    np.testing.assert_allclose(rows["au_wasserstein"], [0, 0, 0.3, 0.1], atol=1e-9)
    np.testing.assert_allclose(rows["au_frechet"], [0, 0, 17 * 0.09, 17 * 0.03], atol=1e-6)
    assert rows["au_wasserstein_AU01"].tolist() == pytest.approx([0, 0, 0.3, 0.1])


def test_distances_are_of_what_was_measured_and_not_of_what_was_asked_for():
    rendered = made()
    rendered.measured[:, 1] += 0.1
    rows = quality_rows(rendered, real(rendered), sampled=120, comparison=ONE_INSTRUMENT)
    np.testing.assert_allclose(rows["au_wasserstein"], 0.1, atol=1e-9)


def test_motion_of_one_length_on_average_has_no_distance_wherever_in_the_face_it_is():
    rendered = made()
    rendered.motion[:] = 0
    rendered.motion[:, 0] = 16
    clips = real(rendered)
    clips.motion[:] = 1
    rows = quality_rows(rendered, clips, sampled=120, comparison=ONE_INSTRUMENT)
    np.testing.assert_allclose(rows["motion_wasserstein"], 0, atol=1e-9)


def test_halves_of_the_real_clips_share_no_subject():
    rendered = made()
    clips = real(rendered)
    clips.change[:] = (clips.subjects == "s0")[:, None]
    rows = quality_rows(rendered, clips, sampled=120, comparison=ONE_INSTRUMENT)
    own = clips.labels == 0
    expected = between_halves(clips.change[own], clips.subjects[own], lambda *halves: float(wasserstein(*halves)[0]))
    assert rows["au_wasserstein_real"].iloc[0] == pytest.approx(expected)


@pytest.mark.slow
@pytest.mark.parametrize("name", DISTANCES)
def test_distances_grow_with_the_difference_and_stand_beside_that_of_real_halves(name):
    rendered = made()
    near, far = (
        quality_rows(rendered, real(made(seed=1), shift), sampled=120, comparison=ONE_INSTRUMENT) for shift in (0, 0.5)
    )
    assert (far[name] > near[name]).all()
    np.testing.assert_allclose(far[f"{name}_real"], near[f"{name}_real"])
    assert (near[f"{name}_real"] > 0).all()
    assert (far[name] > far[f"{name}_real"]).all()


def test_without_real_clips_there_are_no_distances_and_the_same_columns():
    with_clips, without = (
        quality_rows(made(), clips, sampled=120, comparison=ONE_INSTRUMENT) for clips in (real(made()), None)
    )
    assert list(with_clips) == list(without)
    assert without[list(DISTANCES)].isna().all(axis=None)
    assert {f"au_wasserstein_{name}" for name in AU_NAMES} <= set(without)


def test_a_label_of_which_nothing_was_rendered_has_a_row():
    rendered = made()
    kept = rendered.of_label(0)
    rows = quality_rows(kept, real(made()), sampled=120, comparison=ONE_INSTRUMENT)
    assert rows["pairs"].tolist() == [40, 0, 0, 40]
    assert rows["au_fidelity"].isna().tolist() == [False, True, True, False]


def test_what_would_compare_two_instruments_is_empty_and_the_row_says_why():
    remark = "Clips were measured by another."
    rows = quality_rows(made(), real(made(seed=1)), 120, Comparison("py-feat", False, False, remark))
    compared = ["au_strength", "au_wasserstein", "au_frechet", *(f"au_wasserstein_{name}" for name in AU_NAMES)]
    assert rows[compared].isna().all(axis=None)
    assert rows[["au_fidelity", *AU_NAMES, "motion_wasserstein", "motion_frechet"]].notna().all(axis=None)
    assert set(rows["au_measured_by"]) == {"py-feat"}
    assert set(rows["au_remark"]) == {remark}
    assert list(rows) == list(quality_rows(made(), None, sampled=120, comparison=ONE_INSTRUMENT))


def test_where_nothing_measures_renders_all_but_action_units_is_there():
    rendered = made()
    rendered.measured[:] = np.nan
    rows = quality_rows(rendered, real(made(seed=1)), 120, Comparison("", False, False, "Nothing measures them."))
    assert rows[["unmeasured", "au_fidelity", *AU_NAMES, "au_strength", "au_frechet"]].isna().all(axis=None)
    assert rows[["sharpness", "motion_frechet", "au_spread"]].notna().all(axis=None)
    assert set(rows["au_measured_by"]) == {""}
