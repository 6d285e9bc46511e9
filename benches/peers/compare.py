"""Compares this project with its peers: rounds interleaved, ratios of medians, SSIM, bytes.

Each peer is a process of its own that has read all files before, and converts all of them once for
each `go`. So a round of one stands beside a round of each other, on a machine that is never quiet.
"""

import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

import numpy
from PIL import Image, ImageOps
from skimage.metrics import structural_similarity

HERE = pathlib.Path(__file__).parent
BUILT_IN = HERE / "../../src/sample_photos"

# What goes in: the longest side in pixels, and the quality, 4:2:0; what comes out: the size.
STEPS = {
    "contain": {"side": 2048, "quality": 85, "size": 256},
    "cover": {"side": 2048, "quality": 85, "size": 256},
    "compress": {"side": 4032, "quality": 85, "size": 2048},
}


def prepare(photos, side, quality, folder):
    """Writes each photo with its longest side so long, and gives the files."""
    files = []
    for photo in photos:
        image = ImageOps.exif_transpose(Image.open(photo)).convert("RGB")
        scale = side / max(image.size)
        size = tuple(max(1, round(length * scale)) for length in image.size)
        file = folder / f"{photo.stem}.jpg"
        image.resize(size, Image.LANCZOS).save(file, quality=quality, subsampling="4:2:0")
        files.append(file)
    return files


def truth(file, step, size):
    """Luma of a full decode, resized with Lanczos to the geometry that all were asked for."""
    image = Image.open(file).convert("RGB")
    if step == "cover":
        image = ImageOps.fit(image, (size, size), Image.LANCZOS)
    else:
        scale = size / max(image.size)
        image = image.resize([round(length * scale) for length in image.size], Image.LANCZOS)
    return luma(image)


def luma(image):
    return numpy.asarray(image.convert("YCbCr"))[:, :, 0]


def ssim(file, wanted):
    found = luma(Image.open(file))
    if found.shape != wanted.shape:
        # Peers round sides differently by a pixel.
        height, width = wanted.shape
        found = numpy.asarray(Image.fromarray(found).resize((width, height), Image.LANCZOS))
    return structural_similarity(found, wanted, data_range=255)


class Peer:
    """A process that answers each `go` with the seconds that all files took."""

    def __init__(self, name, command, step, threads, folder, files):
        self.name = name
        self.results = folder / f"{name}-{step}-{threads}"
        self.results.mkdir()
        self.seconds = []
        self.process = subprocess.Popen(
            [*command, step, str(threads), str(self.results), *map(str, files)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def go(self):
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit(f"{self.name} gave no answer, and ended with {self.process.wait()}")
        return float(answer)

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def compare(step, threads, rounds, peers, files, folder, wanted):
    running = [Peer(name, command, step, threads, folder, files) for name, command in peers]
    for peer in running:
        peer.go()  # Once for nothing: pages, caches, thread pools.
    for number in range(rounds):
        for place in range(len(running)):
            peer = running[(place + number) % len(running)]
            peer.seconds.append(peer.go())
    for peer in running:
        peer.end()
    base = next(peer for peer in running if peer.name == "libvips")
    for peer in running:
        ratios = [theirs / ours for ours, theirs in zip(peer.seconds, base.seconds)]
        median = statistics.median(base.seconds) / statistics.median(peer.seconds)
        results = [peer.results / file.name for file in files]
        likeness = statistics.mean(ssim(*pair) for pair in zip(results, wanted))
        size = statistics.mean(result.stat().st_size for result in results)
        rate = len(files) / statistics.median(peer.seconds)
        print(
            f"| {step} | {threads} | {peer.name} | {median:.2f} | {min(ratios):.2f} to {max(ratios):.2f}"
            f" | {rate:.1f} | {likeness:.4f} | {size / 1024:.1f} |",
            flush=True,
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ours", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--photos", type=pathlib.Path, default=BUILT_IN, help="a folder of JPEG files")
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--only", default=",".join(STEPS), help="steps, with commas between")
    parser.add_argument("--threads", default="1,2", help="numbers, with commas between")
    options = parser.parse_args()
    photos = sorted(
        file for file in options.photos.iterdir() if file.suffix.lower() in (".jpg", ".jpeg")
    )
    if not photos:
        sys.exit(f"{options.photos} holds no JPEG file")
    python = [sys.executable, str(HERE / "peer.py")]
    peers = [
        ("double-exposure", [options.ours]),
        ("libvips", [*python, "libvips"]),
        ("sharp", ["node", str(HERE / "peer.js")]),
        ("pillow", [*python, "pillow"]),
    ]
    os.environ["VIPS_CONCURRENCY"] = "1"  # A thread a photo, as everybody here.
    print(f"{len(photos)} photos, {options.rounds} interleaved rounds")
    print("| step | threads | peer | of libvips | spread | per s | SSIM | KiB |")
    print("|---|---|---|---|---|---|---|---|")
    for step in options.only.split(","):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            (folder / "in").mkdir()
            wish = STEPS[step]
            files = prepare(photos, wish["side"], wish["quality"], folder / "in")
            wanted = [truth(file, step, wish["size"]) for file in files]
            for threads in map(int, options.threads.split(",")):
                compare(step, threads, options.rounds, peers, files, folder, wanted)


main()
