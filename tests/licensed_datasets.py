"""The licensed datasets as they come out of their archives: the originals' names, counts and oddities in empty files.

Names and counts are those of the publications, of datasets.md's tables and of public loaders; who shows what when is
made up.
"""

import os
from collections.abc import Iterable, Iterator
from itertools import chain, cycle, islice, repeat
from pathlib import Path

import openpyxl

CASME2_SUBJECTS = range(1, 27)
SAMM_SUBJECTS = [number for number in range(6, 38) if number not in (8, 27, 29)]
SMIC_SUBJECTS = [number for number in range(1, 21) if number not in (7, 10, 16, 17)]
MMEW_EMOTIONS = ("happiness", "surprise", "disgust", "fear", "sadness", "others", "anger")
CKPLUS_EMOTIONS = ("neutral", "anger", "contempt", "disgust", "fear", "happiness", "sadness", "surprise")
OULU_EMOTIONS = ("Anger", "Disgust", "Fear", "Happiness", "Sadness", "Surprise")


def lay_out(data: Path, celeba_photographs: int = 202599) -> None:
    """Lay all datasets out in the folders that config/paper.yaml names; CelebA's photographs may be fewer."""
    composite = [
        *write_casme2(data / "CASME2"),
        *write_smic(data / "SMIC"),
        *write_samm(data / "SAMM"),
    ]
    write_text(data / "MEGC2019/combined_3class_gt.csv", "".join(f"{row}\n" for row in composite))
    write_mmew(data / "MMEW")
    write_ckplus(data / "CK+")
    write_oulu(data / "Oulu-CASIA")
    write_celeba(data / "CelebA", celeba_photographs)
    write_photographs(data / "EmotionNet", (f"N_{number:010d}_{number % 977:05d}.jpg" for number in range(9000)))
    write_photographs(data / "EmotionNet_training", (f"N_{number:010d}_00001.jpg" for number in range(2000)))


def write_casme2(root: Path) -> Iterator[str]:
    """All three releases and the sheet; yields the rows of the composite.

    Subjects are integers in the sheet. 21 apexes, an onset and an offset are "/", and an offset is past the frames.
    """
    emotions = spread({"disgust": 61, "repression": 27, "happiness": 32, "surprise": 25})
    # What the composite leaves out: subjects 10 and 18 altogether, and clips of other subjects.
    others = spread({"others": 99, "sadness": 4, "surprise": 3, "fear": 2, "disgust": 2})
    subjects = [number for number in CASME2_SUBJECTS if number not in (10, 18)]
    people = [*islice(cycle(subjects), 145), 10, 18, *islice(cycle(CASME2_SUBJECTS), 108)]
    header = ("Subject", "Filename", None, "OnsetFrame", "ApexFrame", "OffsetFrame", None)
    rows = [(*header, "Action Units", "Estimated Emotion")]
    composite = []
    for index, (subject, emotion) in enumerate(zip(people, chain(emotions, others), strict=True)):
        # Not every name is of one form: sub01 has EP01_2 beside EP01_02.
        name = {0: "EP01_2", 24: "EP01_02", 1: "EP09f", 2: "EP06_02_01"}.get(
            index, f"EP{index % 19 + 1:02d}_{index // 19 + 1:02d}{'f' * (index % 3 == 1)}"
        )
        onset = 30 + index % 7
        apex, offset = onset + 4, onset + 9
        in_sheet = {"onset": onset, "apex": apex, "offset": offset}
        if index % 12 == 3 and index < 252:
            in_sheet["apex"] = "/"
        if index == 40:
            in_sheet["onset"] = "/"
        if index == 60:
            in_sheet["offset"] = "/"
        if index == 70:
            in_sheet["offset"] = offset + 100
        spelled = {5: f" {emotion}", 6: emotion.capitalize()}.get(index, emotion)
        rows.append((subject, name, None, *in_sheet.values(), None, "4+7", spelled))
        folder = f"sub{subject:02d}/{name}"
        numbers = range(onset - 3, offset + 4)
        touch(root / "CASME2_RAW_selected" / folder, (f"img{number}.jpg" for number in numbers))
        touch(root / "Cropped" / folder, (f"reg_img{number}.jpg" for number in range(onset, offset + 1)))
        touch(root / "CASME2_Compressed video/CASME2_compressed" / f"sub{subject:02d}", [f"{name}.avi"])
        if index < 145:
            label = {"happiness": 1, "surprise": 2}.get(emotion, 0)
            composite.append(f"casme2,sub{subject:02d},{name},{label}")
    touch(root / "CASME2_RAW_selected/sub01/EP01_2", ["Thumbs.db"])
    write_sheet(root / "CASME2-coding-20190701.xlsx", rows)
    return iter(composite)


def write_smic(root: Path) -> Iterator[str]:
    """High-speed clips whose frames are numbered from anywhere; four subjects show nothing; yields the composite."""
    kinds = (("negative", "ne", 70), ("positive", "po", 51), ("surprise", "sur", 43))
    high_speed = root / "SMIC_all_raw/SMIC_all_raw/HS"
    for number in range(1, 21):
        touch(high_speed / f"s{number}/non_micro/s{number}_non_01", ["image000001.bmp"])
    for label, (folder, short, count) in enumerate(kinds):
        for index, number in enumerate(islice(cycle(SMIC_SUBJECTS), count)):
            clip = f"s{number}_{short}_{index // len(SMIC_SUBJECTS) + 1:02d}"
            first = 70000 + 131 * index
            frames = (f"image{first + frame:06d}.bmp" for frame in range(9))
            touch(high_speed / f"s{number}/micro" / folder / clip, frames)
            yield f"smic,s{number:02d},{clip.replace(f's{number}', f's{number:02d}', 1)},{label}"


def write_samm(root: Path) -> Iterator[str]:
    """Grey frames and the sheet with its header in row 14; yields the rows of the composite.

    Three apexes are -1, an apex and an offset are no frames of their clips.
    """
    emotions = spread(
        {"Anger": 57, "Contempt": 12, "Disgust": 9, "Fear": 8, "Happiness": 26, "Sadness": 6, "Surprise": 15}
    )
    subjects = [number for number in SAMM_SUBJECTS if number != 25]
    people = [*islice(cycle(subjects), 133), *repeat(25, 2), *islice(cycle(subjects), 24)]
    before = ("Subject", "Filename", "Inducement Code", "Onset Frame", "Apex Frame", "Offset Frame", "Duration")
    rows = [("SAMM Micro-Movements",), *[()] * 12]
    rows.append((*before, "Micro", "Action Units", "Estimated Emotion", "Objective Classes", "Notes"))
    composite = []
    for index, (number, emotion) in enumerate(zip(people, chain(emotions, repeat("Other", 26)), strict=True)):
        subject = f"{number:03d}"
        clip = f"{subject}_{index // 28 + 1}_{index % 9 + 1}"
        # Five digits, or four, or from four to five.
        first, digits = ((5562, 5), (180, 4), (9996, 4))[index % 3]
        onset, apex, offset = first, first + 3, first + 8
        if index in (125, 132, 133):
            apex = -1
        if index == 30:
            apex = first + 500
        touch(root / "SAMM" / subject / clip, (f"{subject}_{first + frame:0{digits}d}.jpg" for frame in range(9)))
        in_sheet = offset + 54 if index == 56 else offset
        name = number if index % 2 else subject
        rows.append((name, clip, 1, onset, apex, in_sheet, 9, "Micro - 1/2", "4", emotion, "II", None))
        if index < 133:
            composite.append(f"samm,{subject},{clip},{({'Happiness': 1, 'Surprise': 2}).get(emotion, 0)}")
    write_sheet(root / "SAMM_Micro_FACS_Codes_v2.xlsx", rows)
    return iter(composite)


def write_mmew(root: Path) -> None:
    """Micro-expressions with their sheet, where 16 offsets are past the frames, and photographs of macro-expressions.

    33 of the clips that have one of the six emotions are of subject 30.
    """
    emotions = {"happiness": 36, "surprise": 89, "disgust": 72, "fear": 16, "sadness": 13, "anger": 8}
    people = [*repeat(30, 33), *islice(cycle(range(1, 30)), 201), *islice(cycle(range(1, 31)), 66)]
    header = ("Subject", "Filename", "OnsetFrame", "ApexFrame", "OffsetFrame", "Action Units", "Estimated Emotion")
    rows = [(*header, "remarks")]
    for index, (subject, emotion) in enumerate(zip(people, chain(spread(emotions), repeat("others", 66)), strict=True)):
        clip = f"S{subject:02d}-{MMEW_EMOTIONS.index(emotion) + 1:02d}-{index + 1:03d}"
        touch(root / "MMEW_Final/Micro_Expression" / emotion / clip, (f"{frame}.jpg" for frame in range(1, 13)))
        offset = 12 + 40 * (index % 18 == 0 and index < 288)
        rows.append((subject, clip, 1, 5, offset, "4", emotion, None))
    write_sheet(root / "MMEW_Final/MMEW_Micro_Exp.xlsx", rows)
    for subject in range(1, 31):
        for emotion in set(MMEW_EMOTIONS) - {"others"}:
            stem = f"S{subject:02d}-{MMEW_EMOTIONS.index(emotion) + 1:02d}"
            folder = root / f"MMEW_Final/Macro_Expression/S{subject:02d}/{emotion}"
            touch(folder, (f"{stem}-{number:03d}.jpg" for number in range(1, 6)))


def write_ckplus(root: Path) -> None:
    """593 sequences, of which 327 have an emotion; the folder of a label that is not there is."""
    counts = {"anger": 45, "contempt": 18, "disgust": 59, "fear": 25, "happiness": 69, "sadness": 28, "surprise": 83}
    subjects = [*range(5, 122), 501, 502, 503, 504, 505, 506]
    labels = islice(chain(spread(counts), repeat(None)), 593)
    for index, (subject, emotion) in enumerate(zip(cycle(subjects), labels, strict=False)):
        sequence, length = f"S{subject:03d}/{index // len(subjects) + 1:03d}", 6 + index % 5
        stem = sequence.replace("/", "_")
        frames = (f"{stem}_{frame:08d}.png" for frame in range(1, length + 1))
        touch(root / "extended-cohn-kanade-images/cohn-kanade-images" / sequence, frames)
        folder = root / "Emotion_labels/Emotion" / sequence
        folder.mkdir(parents=True)
        if emotion:
            label = f"   {CKPLUS_EMOTIONS.index(emotion):.7e}\n"
            write_text(folder / f"{stem}_{length:08d}_emotion.txt", label)
    touch(root / "extended-cohn-kanade-images/cohn-kanade-images", [".DS_Store"])


def write_oulu(root: Path) -> None:
    """Two cameras in three lights."""
    for camera in ("VL", "NI"):
        for light in ("Strong", "Weak", "Dark"):
            # One frame will do where the tests do not look at more.
            length = 6 if (camera, light) == ("VL", "Strong") else 1
            for subject in range(1, 81):
                for emotion in OULU_EMOTIONS:
                    folder = root / "B_OriginalImg/OriginalImg" / camera / light / f"P{subject:03d}" / emotion
                    touch(folder, (f"{frame:03d}.jpeg" for frame in range(length)))


def write_celeba(root: Path, photographs: int) -> None:
    """Photographs, identities and partition in the three folders that they are distributed in."""
    names = [f"{number:06d}.jpg" for number in range(1, photographs + 1)]
    write_photographs(root / "Img/img_align_celeba", names)
    identities = "".join(f"{name} {(index * 2880) % 10177 + 1}\n" for index, name in enumerate(names))
    write_text(root / "Anno/identity_CelebA.txt", identities)
    write_text(root / "Eval/list_eval_partition.txt", "".join(f"{name} 0\n" for name in names))


def write_photographs(folder: Path, names: Iterable[str]) -> None:
    touch(folder, names)


def spread(counts: dict[str, int]) -> Iterator[str]:
    """Each key as often as it is counted, well mixed."""
    places = [((place + 0.5) / count, key) for key, count in counts.items() for place in range(count)]
    return (key for _, key in sorted(places))


def touch(folder: Path, names: Iterable[str]) -> None:
    """Empty files, most of them links to another one: a quarter of a million would be slow to make and to remove."""
    folder.mkdir(parents=True, exist_ok=True)
    place = os.open(folder, os.O_RDONLY)
    try:
        for index, name in enumerate(names):
            if index % 1000 == 0:
                empty = name
                os.mknod(name, dir_fd=place)
            else:
                os.link(empty, name, src_dir_fd=place, dst_dir_fd=place)
    finally:
        os.close(place)


def write_text(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def write_sheet(path: Path, rows: Iterable[tuple]) -> None:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
