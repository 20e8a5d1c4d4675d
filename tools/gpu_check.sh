#!/usr/bin/env bash
# Checks and measures fastinit on a machine with an NVIDIA GPU, in under nine minutes and without a network.
#
#   tools/gpu_check.sh OUT [--quick] [STEP ...]
#
# OUT gets bench-cuda.json, bench-threads.json, ncu.csv, logs.tar.gz, and the table as summary.txt and summary.json.
# A step that fails does not stop the others. Exit status: 1 if a step failed, 2 for wrong arguments. A step whose
# program is not installed is "missing", which is not a failure.
# PYTHON names the interpreter, FASTINIT_SITE the folder that the build is installed to; a later run
# without the step `build` uses it.
set -u

readonly ALL="build tests memcheck racecheck initcheck profile bench threads"
readonly PYTHON=${PYTHON:-python3}
readonly SITE=${FASTINIT_SITE:-${TMPDIR:-/tmp}/fastinit-gpu-site}

refuse() {
  echo "gpu_check.sh: $1; usage: gpu_check.sh OUT [--quick] [STEP ...], steps: $ALL" >&2
  exit 2
}

out="" quick="" wanted=""
for argument in "$@"; do
  case $argument in
    --quick) quick=--quick ;;
    -*) refuse "$argument is not an option" ;;
    *)
      if [ -z "$out" ]; then
        out=$argument
      elif [[ " $ALL " == *" $argument "* ]]; then
        wanted="$wanted $argument"
      else
        refuse "$argument is not a step"
      fi
      ;;
  esac
done
[ -n "$out" ] || refuse "OUT is missing"
mkdir -p "$out" || exit 2
out=$(cd "$out" && pwd)
wanted=" ${wanted:-$ALL} "
cd "$(dirname "$0")/.." || exit 2
logs=$(mktemp -d) || exit 2
readonly out quick wanted logs
touch "$logs/steps.tsv"
export PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1

# The GPU's name, capability and driver; empty if there is none.
gpu=$(nvidia-smi --query-gpu=name,compute_cap,driver_version --format=csv,noheader 2>/dev/null | head -n 1)
readonly gpu
if [ -n "$gpu" ]; then echo "$gpu"; else echo "nvidia-smi finds no GPU: the steps that need one fail"; fi

# Prints the path of a program, on PATH or in NVIDIA's folders.
find_program() {
  command -v "$1" && return
  local path
  for path in /opt/nvidia/nsight-compute/*/"$1" /usr/local/cuda*/bin/"$1" /usr/local/cuda*/compute-sanitizer/"$1"; do
    [ -x "$path" ] && echo "$path" && return
  done
  return 1
}

note() { # NAME STATUS SECONDS: adds a line to the table
  local last
  last=$(grep -v '^[[:space:]]*$' "$logs/$1.log" 2>/dev/null | tail -n 1 | tr '\t\r\\"' '    ' | tr -cd '[:print:]' | cut -c 1-90)
  printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$last" >>"$logs/steps.tsv"
  echo "$1: $2, $3 s"
}

# Runs a step if it is wanted. Arguments: gpu or cpu, whichever it needs; its name; its limit in seconds; the command.
step() {
  local needs=$1 name=$2 limit=$3 start=$SECONDS status
  shift 3
  [[ $wanted == *" $name "* ]] || return 0
  if [ "$needs" = gpu ] && [ -z "$gpu" ]; then
    note "$name" "failed: no GPU" 0
    return
  fi
  timeout --kill-after=5 "$limit" "$@" >"$logs/$name.log" 2>&1
  status=$?
  case $status in
    0) note "$name" passed $((SECONDS - start)) ;;
    127) note "$name" missing $((SECONDS - start)) ;;
    124 | 137) note "$name" "failed: over $limit s" $((SECONDS - start)) ;;
    *) note "$name" "failed: exit status $status" $((SECONDS - start)) ;;
  esac
}

# Saves the results so far, so that they remain if the run is killed.
save() {
  {
    printf '{"gpu": "%s", "seconds": %d, "steps": {' "${gpu//[\"\\]/ }" $SECONDS
    awk -F '\t' '{
      printf "%s\n \"%s\": {\"status\": \"%s\", \"seconds\": %d, \"last_line\": \"%s\"}", comma, $1, $2, $3, $4
      comma = ","
    }' "$logs/steps.tsv"
    printf '\n}}\n'
  } >"$out/summary.json"
  tar -czf "$out/logs.tar.gz" -C "$logs" .
}

build() {
  local architecture=()
  if [ -n "$gpu" ]; then
    local capability
    capability=$(cut -d , -f 2 <<<"$gpu" | tr -d ' .')
    architecture=("--config-settings=cmake.define.CMAKE_CUDA_ARCHITECTURES=$capability")
  fi
  CMAKE_BUILD_PARALLEL_LEVEL=$(nproc) "$PYTHON" -m pip install --quiet --no-build-isolation --no-deps --no-index --upgrade \
    --target "$SITE" --config-settings=cmake.define.FASTINIT_CUDA=ON "${architecture[@]}" . || return
  PYTHONPATH=$SITE "$PYTHON" -c "import fastinit; print(fastinit.__file__, fastinit.build_info())"
}

sanitizer() { # TOOL: runs a tool of compute-sanitizer on a short fill of each kernel
  step gpu "$1" 90 "$(find_program compute-sanitizer || echo compute-sanitizer)" --tool "$1" --error-exitcode 9 \
    --print-limit 20 "$PYTHON" tools/gpu_fills.py
}

# Reads counters of the GPU in four launches.
counters() {
  local name list=gpu__time_duration.sum,dram__bytes_write.sum,dram__throughput.avg.pct_of_peak_sustained_elapsed
  list=$list,smsp__issue_active.avg.pct_of_peak_sustained_active,smsp__inst_executed.sum
  list=$list,sm__warps_active.avg.pct_of_peak_sustained_active
  for name in alu fma fmaheavy fmalite; do
    list=$list,sm__pipe_${name}_cycles_active.avg.pct_of_peak_sustained_active
  done
  for name in math_pipe_throttle dispatch_stall wait not_selected long_scoreboard short_scoreboard lg_throttle; do
    list=$list,smsp__average_warps_issue_stalled_${name}_per_issue_active.ratio
  done
  "$1" --clock-control none --csv --metrics "$list" --kernel-name regex:fill_kernel --log-file "$out/ncu.csv" \
    "$PYTHON" tools/gpu_profile.py || return
  "$PYTHON" tools/gpu_profile.py "$out/ncu.csv"
}

# timeout cannot run functions, so these are called in a shell of their own.
export -f build counters
export PYTHON SITE gpu out

step cpu build 150 bash -c build
save
[ -d "$SITE/fastinit" ] && export PYTHONPATH=$SITE${PYTHONPATH:+:$PYTHONPATH}

# The steps run one after the other: some tests take all of the GPU's memory, and later steps are timed.
tests=$(grep -rl --include='test_*.py' 'mark\.cuda' tests)
# shellcheck disable=SC2086  # a list of files
step gpu tests 170 "$PYTHON" -m pytest -m cuda -p no:cacheprovider -q --durations=10 --continue-on-collection-errors $tests
save
for tool in memcheck racecheck initcheck; do sanitizer "$tool"; done
save
step gpu profile 75 bash -c 'counters "$1"' counters "$(find_program ncu || echo ncu)"
save
repeats="--repeats 5"
[ -n "$quick" ] && repeats=--quick
# shellcheck disable=SC2086  # two words
step gpu bench 170 "$PYTHON" -m bench --device cuda $repeats --json "$out/bench-cuda.json"
save
# shellcheck disable=SC2086  # or none
step cpu threads 110 "$PYTHON" -m bench.threads $quick --json "$out/bench-threads.json"

save
{
  printf '\n%-10s %8s  %-26s %s\n' step seconds result "last line of its log"
  awk -F '\t' '{ printf "%-10s %8d  %-26s %s\n", $1, $3, $2, $4 }' "$logs/steps.tsv"
  printf '%-10s %8d\n' all $SECONDS
} | tee "$out/summary.txt"
rm -rf "$logs"
! grep -q '"status": "failed' "$out/summary.json"
