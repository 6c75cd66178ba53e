# shellcheck shell=bash
# What the other scripts are given, which source this from the project's root with arguments and environment as they came: nonsense is
# refused in one line and with 2, before anything is built or written; of --help or -h as the first word, a script prints its head.

# In one line, whatever was given.
refuse() {
    local said="${0##*/}"
    said="${said%.sh}: $1; --help says more"
    echo "${said//[[:cntrl:]]/?}" >&2
    exit 2
}

# For those that take none.
no_arguments() { [ "$#" -eq 0 ] || refuse "got \"$1\": takes no arguments"; }

# Whether the first word is one of the others.
among() {
    local given=$1 known
    shift
    for known in "$@"; do [ "$given" != "$known" ] || return 0; done
    return 1
}

# A variable of the environment, and the least and the most that it may be, which may be more than bash counts to. An empty one is none.
number() {
    local given=${!1:-}
    [ -n "$given" ] || { unset "$1" && return; }
    [[ "$given" =~ ^(0|[1-9][0-9]*)$ ]] && ! below "$given" "$2" && ! below "$3" "$given" ||
        refuse "got $1=\"$given\": takes a whole number from $2 to $3"
}
below() { [ "${#1}" -lt "${#2}" ] || { [ "${#1}" -eq "${#2}" ] && [[ "$1" < "$2" ]]; }; }

# A folder of sources, and words for the test programs that are built of it. Of a name each part must be in the sources: one that is in
# no test runs none, after minutes of building.
for_tests() {
    local sources=$1 word part
    local takes="takes names of tests or parts of them, --skip=NAME, --exact, --nocapture and --test-threads=NUMBER"
    shift
    for word in "$@"; do
        [[ ! "$word" =~ ^--(exact|nocapture|test-threads=[1-9][0-9]{0,2})$ ]] || continue
        [[ "${word#--skip=}" =~ ^[A-Za-z0-9_]+(:+[A-Za-z0-9_]+)*:*$ ]] || refuse "got \"$word\": $takes"
        for part in $(tr : '\n' <<<"${word#--skip=}"); do
            grep -rqFe "$part" --include='*.rs' "$sources" || refuse "got \"$word\": there is no \"$part\" in $sources; $takes"
        done
    done
}

# Where scripts write: the target folder, which is made, and the one for what is soon gone. After all else was looked at.
folders() {
    local target=${CARGO_TARGET_DIR:-target} tried
    [ -n "${CARGO_TARGET_DIR:-}" ] || unset CARGO_TARGET_DIR
    [ -n "${TMPDIR:-}" ] || unset TMPDIR
    { mkdir -p "$target" && tried=$(mktemp -d "$target/XXXXXXXX") && rmdir "$tried"; } 2>/dev/null ||
        refuse "got CARGO_TARGET_DIR=\"${CARGO_TARGET_DIR:-}\": takes a folder that can be made and written to"
    { tried=$(mktemp -d) && rmdir "$tried"; } 2>/dev/null || refuse "got TMPDIR=\"${TMPDIR:-}\": takes a folder that can be written to"
}

case "${1:-}" in
-h | --help)
    awk 'NR > 1 { if (!/^#/) exit; sub(/^# ?/, ""); print }' "$(dirname "${BASH_SOURCE[0]}")/${0##*/}"
    exit
    ;;
esac
# What is drawn at random is drawn from it, in whatever a script runs.
number SEED 0 9999999999999999999
