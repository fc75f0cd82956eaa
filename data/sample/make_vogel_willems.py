"""Cut the columns that the sample evaluation vogel-willems uses out of the published data of study 3.

Usage: python data/sample/make_vogel_willems.py SOURCE_CSV

SOURCE_CSV is data/Study3_public.csv of https://github.com/DominikVogel/helping-others-micro-intervention (MIT
licence, see vogel-willems/LICENSE-DATA.md) or an extract of it with the same column names. Answers are copied
as they stand: none is changed, recoded or left out.
"""

import csv
import sys
from pathlib import Path

SCALES = ("prosocialimpact", "societalimpact", "turnover")
WAVES = ("pre", "post")
COLUMNS = ["id", *(f"{scale}{number}_{wave}" for wave in WAVES for scale in SCALES for number in (1, 2, 3))]
TARGET = Path(__file__).resolve().parent / "vogel-willems" / "exports" / "study3_prepost.csv"


def cut(source: Path, target: Path) -> int:
    """Copy `COLUMNS` of a CSV file into another, and return the number of people in it."""
    with source.open(encoding="utf-8-sig", newline="") as stream:
        people = list(csv.DictReader(stream))
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(people)
    return len(people)


def main() -> int:
    """Make the file named in the docstring, or say how to call the script."""
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    count = cut(Path(sys.argv[1]), TARGET)
    print(f"{TARGET.name}: {count} people, {len(COLUMNS)} columns")
    return 0


if __name__ == "__main__":
    sys.exit(main())
