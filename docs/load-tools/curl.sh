#!/usr/bin/env bash
# Uploads prepared photos to `double-exposure serve`, and requests their thumbnails with curl, 8 at
# once. Keeps each image under a name that `double-exposure audit judge --pattern` reads.
#
# Usage: curl.sh PREPARED URL ROUNDS, with the service's operator key in the variable
# DOUBLE_EXPOSURE_OPERATOR_KEY. Needs curl and python3. Prints the number of requests.
set -euo pipefail
export PREPARED=$1 URL=$2
rounds=$3
mkdir -p "$PREPARED/answers"

# Prints people as "NUMBER NAME", or photos as "NAME OWNER UUID FILE".
list() { # people or photos
    python3 - "$PREPARED/manifest.json" "$1" <<'PYTHON'
import json, sys
for item in json.load(open(sys.argv[1]))[sys.argv[2]]:
    if sys.argv[2] == "people":
        print(item["number"], item["name"])
    elif not item["truncated"]:
        print(item["name"], item["owner"], item["uuid"], item["versions"][-1]["file"])
PYTHON
}

field() { # name of a text in one JSON object
    sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"
}

send() { # token, arguments of curl
    curl --silent --show-error --fail --max-time 20 --header "authorization: Bearer $1" "${@:2}"
}

declare -A token album
while read -r number name; do
    token[$number]=$(send "$DOUBLE_EXPOSURE_OPERATOR_KEY" --json "{\"name\":\"$name\"}" \
        "$URL/people" | field token)
    album[$number]=$(send "${token[$number]}" --json "{\"title\":\"$name\"}" "$URL/albums" |
        field album)
done < <(list people)

while read -r name owner uuid file; do
    path=/albums/${album[$owner]}/photos/$uuid
    send "${token[$owner]}" --output /dev/null --upload-file "$PREPARED/$file" "$URL$path"
    for ((round = 0; round < rounds; round++)); do
        size=$((128 + round % 256))
        echo "${name}_${size}_$round.jpg ${token[$owner]} $path/thumbnail?size=$size&fit=cover"
    done
done < <(list photos) >"$PREPARED/requests"

# With --fail an error leaves no file, so a request without a file was not seen.
xargs -P 8 -L 1 bash -c '
    curl --silent --fail --max-time 20 --header "authorization: Bearer $2" \
        --output "$PREPARED/answers/$1" "$URL$3" || true
' bash <"$PREPARED/requests"
wc -l <"$PREPARED/requests"
