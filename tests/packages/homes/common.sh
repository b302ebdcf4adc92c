# Included by the scripts that build a package's example in its SDK. Their first arguments are the package's tree, the
# folder of tidbit and tidbit-convert, the sample checkpoint, and a folder for the build. They exit with 77 if the SDK
# is missing.
set -eu
tree=$1
programs=$2
sample=$3
work=$4
shift 4
request="dim the kitchen lamp to thirty percent at half past six" # the application's example

skip() {
  echo "SKIPPED: $1"
  exit 77
}

fail() {
  echo "$1" >&2
  exit 1
}

# need_tool(name) skips the test unless the program exists.
need_tool() {
  command -v "$1" >/dev/null || skip "$1 is not installed"
}

# quietly(command...) prints the command's output only if it fails.
quietly() {
  "$@" >"$work/log" 2>&1 || {
    cat "$work/log"
    exit 1
  }
}

# Empties the folder and makes the model there.
make_model() {
  rm -rf "$work"
  mkdir -p "$work/model"
  export TIDBIT_MODEL="$work/model"
  quietly "$programs/tidbit-convert" "$sample" -o "$TIDBIT_MODEL/model.tidbit" --weights q4 --kv q8
  quietly "$programs/tidbit" plan "$TIDBIT_MODEL/model.tidbit" --context 96 --chunk 8 \
    --header "$TIDBIT_MODEL/model_plan.h"
}

# expect_answer(kernels, command...) runs the command until it prints its use of the stack, for a minute at most. Before
# that it must print the names of the kernels and the answer of this machine. "any" stands for all names.
expect_answer() {
  kernels=$1
  shift
  answer=$("$programs/tidbit" run "$TIDBIT_MODEL/model.tidbit" --temp 0 -p "$request")
  : >"$work/output"
  "$@" >"$work/output" 2>&1 </dev/null &
  pid=$!
  tries=600
  while [ "$tries" -gt 0 ] && kill -0 "$pid" 2>/dev/null && ! grep -q "stack used: [0-9]" "$work/output"; do
    sleep 0.1
    tries=$((tries - 1))
  done
  kill "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
  tr -d '\r' <"$work/output" | head -n 20 | tee "$work/lines"
  grep -qxF "$answer" "$work/lines" || fail "expected $answer"
  [ "$kernels" = any ] || grep -qxF "kernels: $kernels" "$work/lines" || fail "expected the kernels $kernels"
}
