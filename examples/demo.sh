#!/usr/bin/env bash
# The whole process from list to letters, on an invented estate: `make demo`.
# Every command is shown before it runs, so that you can type it yourself. Everything happens in output/demo/, a
# workspace that is recreated each time; this checkout's own ledger is not touched. With
# `examples/demo.sh FOLDER` it happens in that folder, which must be new.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PATH"

estate=examples/sample-garden
workspace=${1:-output/demo}
if [ $# -gt 0 ] && [ -e "$1" ]; then
    printf 'demo: %s exists; name a new folder\n' "$1" >&2
    exit 2
fi
batch=2026-11-demo

# expect STATUS COMMAND…: show a command, run it, and check its exit status.
# Status 1 means that something needs a person, which is intended in this demo.
expect() {
    local wanted=$1 got=0
    shift
    printf '\n$ %s\n' "$*"
    "$@" || got=$?
    if [ "$got" -ne "$wanted" ]; then
        printf 'demo: exit status %s, expected %s\n' "$got" "$wanted" >&2
        exit 1
    fi
}

rm -rf "$workspace"
printf '# create a workspace: settings, letter templates, ledger\n'
expect 0 notices init "$workspace"
printf '\n$ export NOTICES_WORKSPACE=%s\n' "$workspace"
export NOTICES_WORKSPACE=$workspace

printf '\n# import the history: letters sent by hand, disputes, promises, instalments, two payments\n'
expect 0 notices history import $estate/history.xlsx
expect 0 notices hold import $estate/holds.xlsx
expect 0 notices payment add 示例花园/5-2-102/洛小川 --amount 600.00 --date 2026-10-28
expect 0 notices payment add 示例花园/5-2-201/原野 --amount 400.00 --date 2026-10-30

printf '\n# check the list, then decide, approve, render the letters, and prepare them for sending and printing\n'
expect 0 notices check $estate/arrears.xlsx
printf '\n# exit status 1: the lawyer'\''s letters wait for a second person, a new owner is asked about\n'
expect 1 notices run $estate/arrears.xlsx --name $batch --as-of 2026-11-23 --by 示例经办人 --yes

printf '\n# the second person approves the lawyer'\''s letters, which are then rendered, sent and printed\n'
expect 0 notices approve $batch --by 示例批准人 --tier lawyer-letter
expect 0 notices render $batch
expect 0 notices send $batch
expect 0 notices print $batch

printf '\n# afterwards money comes in; status 1: of two lines somebody must say whose they are (“Came back” on the page)\n'
expect 1 notices payment import $estate/statement.xlsx --by 示例经办人

printf '\n# the decisions\n'
notices show $batch --json | python examples/summary.py
printf '\n# files to open\n'
find "$workspace/output/$batch" -name '*.pdf' -o -name 'manifest.*' | sort
printf '%s (%s e-mails)\n' "$workspace/output/$batch/outbox/" "$(find "$workspace/output/$batch/outbox" -name '*.eml' | wc -l)"
printf '%s\n' "$workspace/notices.toml" "$workspace/templates/"
printf '\n# open the estate in the browser\n'
printf 'notices serve --workspace %s\n' "$workspace"
