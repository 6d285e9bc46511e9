// sharp as a peer: see compare.py for what is asked of it.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const readline = require("node:readline");

const [step, threads, results, ...files] = process.argv.slice(2);
process.env.UV_THREADPOOL_SIZE = threads;
const sharp = require("sharp");
sharp.concurrency(1);
sharp.cache(false);

const convert = (photo) => {
    const side = step === "compress" ? 2048 : 256;
    const fit = step === "cover" ? "cover" : "inside";
    return sharp(photo)
        .rotate()
        .resize({ width: side, height: side, fit, withoutEnlargement: true })
        .jpeg({ quality: 80, chromaSubsampling: "4:2:0" })
        .toBuffer();
};

const photos = files.map((file) => fs.readFileSync(file));

const all = async () => {
    let next = 0;
    const began = process.hrtime.bigint();
    const one = async () => {
        while (next < photos.length) await convert(photos[next++]);
    };
    await Promise.all(Array.from({ length: Number(threads) }, one));
    return Number(process.hrtime.bigint() - began) / 1e9;
};

(async () => {
    for (let number = 0; number < files.length; number++) {
        const result = path.join(results, path.basename(files[number]));
        fs.writeFileSync(result, await convert(photos[number]));
    }
    for await (const _ of readline.createInterface({ input: process.stdin })) {
        process.stdout.write(`${await all()}\n`);
    }
})();
