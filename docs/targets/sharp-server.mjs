// Serves thumbnails with sharp: the client posts a photo and gets its thumbnail.
//
//   npm install sharp && node sharp-server.mjs 3000
import http from "node:http";
import sharp from "sharp";

const MAX_BYTES = 32 << 20;

const server = http.createServer(async (request, response) => {
  const url = new URL(request.url, "http://localhost");
  const size = Number(url.searchParams.get("size"));
  if (request.method !== "POST" || !Number.isInteger(size) || size < 1 || size > 2048) {
    response.writeHead(400).end();
    return;
  }
  try {
    const pieces = [];
    let bytes = 0;
    for await (const piece of request) {
      bytes += piece.length;
      if (bytes > MAX_BYTES) {
        response.writeHead(413).end();
        return;
      }
      pieces.push(piece);
    }
    const photo = Buffer.concat(pieces);
    const thumbnail = await sharp(photo).rotate().resize(size, size, { fit: "cover" }).jpeg().toBuffer();
    response.writeHead(200, { "content-type": "image/jpeg", "content-length": thumbnail.length });
    response.end(thumbnail);
  } catch {
    response.writeHead(422).end();
  }
});

const port = Number(process.argv[2] ?? 3000);
server.listen(port, "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
