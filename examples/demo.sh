#!/usr/bin/env bash
# The main job from beginning to end, on an estate that does not exist: `make demo`.
# Every command is shown before it runs; you can type the same ones yourself. It works in output/demo/, a workspace of
# its own that is made afresh each time; the ledger of this checkout is never touched.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PATH"

estate=examples/sample-garden
workspace=output/demo
batch=2026-11-demo

# expect STATUS COMMAND…: show a command, run it, and insist on its exit status.
# Status 1 means that something is left for a person, which in this story happens on purpose.
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
printf '# a workspace of its own: settings, letters, ledger\n'
expect 0 notices init "$workspace"
printf '\n$ export NOTICES_WORKSPACE=%s\n' "$workspace"
export NOTICES_WORKSPACE=$workspace

printf '\n# what happened before: letters sent by hand, disputes, promises, instalments, two payments\n'
expect 0 notices history import $estate/history.xlsx
expect 0 notices hold import $estate/holds.xlsx
expect 0 notices payment add 示例花园/5-2-102/洛小川 --amount 600.00 --date 2026-10-28
expect 0 notices payment add 示例花园/5-2-201/原野 --amount 400.00 --date 2026-10-30

printf '\n# the list: is it understood? then decide, release, make the letters, and get them ready to leave\n'
expect 0 notices check $estate/arrears.xlsx
printf '\n# status 1: the lawyer'\''s letters wait for a second person\n'
expect 1 notices run $estate/arrears.xlsx --name $batch --as-of 2026-11-23 --by 示例经办人 --yes

printf '\n# the second person releases the lawyer'\''s letters, and they follow\n'
expect 0 notices approve $batch --by 示例批准人 --tier lawyer-letter
expect 0 notices render $batch
expect 0 notices send $batch
expect 0 notices print $batch

printf '\n# what was decided\n'
notices show $batch --json | python examples/summary.py
printf '\n# what to open\n'
find "$workspace/output/$batch" -name '*.pdf' -o -name 'manifest.*' | sort
printf '%s (%s e-mails)\n' "$workspace/output/$batch/outbox/" "$(find "$workspace/output/$batch/outbox" -name '*.eml' | wc -l)"
printf '%s\n' "$workspace/notices.toml" "$workspace/templates/"
