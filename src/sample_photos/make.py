#!/usr/bin/env python3
# /// script
# requires-python = ">=3.10"
# dependencies = ["pillow==13.0.0"]
# ///
"""Makes the built-in photos beside this file from originals/.

A reproduction needs photos of realistic size and of all three shapes, in a clone that may be offline.
Each photo is a crop, resized to 2048 px on the longest side. Small originals are enlarged for this
set. The name of a photo is the name of its owner.

Usage:  pip install pillow==13.0.0 && python3 src/sample_photos/make.py
      python3 src/sample_photos/make.py --check    (compares, writes nothing, exits 1 on a difference)
"""

import io
import sys
from pathlib import Path

from PIL import Image

LONGEST_SIDE_PX = 2048
QUALITY = 82
HERE = Path(__file__).resolve().parent

# Owner, original, and crop in the original's pixels (left, top, right, bottom; None for no crop).
PHOTOS = [
    ("astronaut", "astronaut.jpg", None),
    ("cat", "chelsea.jpg", None),
    ("coffee", "coffee.jpg", None),
    ("galaxies", "hubble_deep_field.jpg", (0, 0, 1000, 750)),
    ("rocket", "rocket.jpg", (180, 0, 465, 427)),
    ("dandelion", "dandelion.jpg", (10, 2, 1410, 1402)),
    ("goldfish", "goldfish.jpg", (40, 0, 312, 272)),
    ("igloo", "igloo.jpg", None),
    ("moose", "moose.jpg", None),
    ("raccoon", "raccoon.jpg", (400, 0, 976, 768)),
    ("windmill", "windmill.jpg", None),
]


def photo(original: str, crop: tuple[int, int, int, int] | None) -> bytes:
    with Image.open(HERE / "originals" / original) as opened:
        image = opened.convert("RGB").crop(crop or (0, 0, *opened.size))
    scale = LONGEST_SIDE_PX / max(image.size)
    image = image.resize([round(side * scale) for side in image.size], Image.Resampling.LANCZOS)
    # Pillow would copy the comment of an original.
    image.info = {}
    out = io.BytesIO()
    image.save(out, "JPEG", quality=QUALITY, subsampling="4:2:0", optimize=True, progressive=False)
    return out.getvalue()


def main() -> int:
    check = sys.argv[1:] == ["--check"]
    if sys.argv[1:] and not check:
        print(__doc__, file=sys.stderr)
        return 2
    differing = 0
    for owner, original, crop in PHOTOS:
        path = HERE / f"{owner}.jpg"
        encoded = photo(original, crop)
        if not check:
            path.write_bytes(encoded)
        elif not path.is_file() or path.read_bytes() != encoded:
            print(f"{path.name} differs from what this script makes", file=sys.stderr)
            differing += 1
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
