"""libvips or Pillow as a peer: see compare.py for what is asked of it."""

import io
import pathlib
import sys
import time
from concurrent.futures import ThreadPoolExecutor

name, step, threads, results, *files = sys.argv[1:]

if name == "libvips":
    import pyvips

    def convert(photo):
        if step == "compress":
            image = pyvips.Image.thumbnail_buffer(photo, 2048, height=2048, size="down")
        elif step == "cover":
            image = pyvips.Image.thumbnail_buffer(photo, 256, height=256, crop="centre", size="down")
        else:
            image = pyvips.Image.thumbnail_buffer(photo, 256, height=256, size="down")
        return image.jpegsave_buffer(Q=80, keep="none")

else:
    from PIL import Image, ImageOps

    def convert(photo):
        side = 2048 if step == "compress" else 256
        image = Image.open(io.BytesIO(photo))
        # Twice the size, as libvips and this project decode.
        image.draft("RGB", (side * 2, side * 2))
        if step == "cover":
            image = ImageOps.fit(image, (side, side), Image.LANCZOS)
        else:
            image.thumbnail((side, side), Image.LANCZOS, reducing_gap=None)
        out = io.BytesIO()
        image.save(out, "JPEG", quality=80, subsampling="4:2:0")
        return out.getvalue()


photos = [pathlib.Path(file).read_bytes() for file in files]
for file, photo in zip(files, photos):
    (pathlib.Path(results) / pathlib.Path(file).name).write_bytes(convert(photo))

with ThreadPoolExecutor(int(threads)) as pool:
    for _ in sys.stdin:
        began = time.perf_counter()
        list(pool.map(convert, photos))
        print(time.perf_counter() - began, flush=True)
