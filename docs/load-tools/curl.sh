#!/usr/bin/env bash
# Posts prepared photos with curl, 8 at once, to a service that answers each with its thumbnail.
# Keeps each image under a name that `double-exposure audit judge --pattern` reads.
#
# Usage: curl.sh PREPARED URL ROUNDS. URL is the service's, up to the number of pixels, such as
# http://127.0.0.1:3000/thumbnail?size=. Needs curl and python3.
set -euo pipefail
export PREPARED=$1 URL=$2
rounds=$3
mkdir -p "$PREPARED/answers"

# Prints a line for each request: the photo's name, its file, the size and the round.
requests() {
    python3 - "$PREPARED/manifest.json" "$rounds" <<'PYTHON'
import json, sys
manifest = json.load(open(sys.argv[1]))
for number in range(int(sys.argv[2])):
    for photo in manifest["photos"]:
        size = manifest["sizes"][(number + photo["number"]) % len(manifest["sizes"])]
        print(photo["name"], photo["versions"][-1]["file"], size, number)
PYTHON
}

# --fail keeps no body of an error, so that only successful answers leave a file.
requests | xargs -P 8 -L 1 bash -c '
    curl --silent --fail --max-time 20 --header "content-type: image/jpeg" \
        --data-binary "@$PREPARED/$2" --output "$PREPARED/answers/$1_$3_$4.jpg" "$URL$3" || true
' bash
