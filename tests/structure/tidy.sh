#!/bin/sh
# tidy.sh FOLDER: clang-tidy over the .cc files of FOLDER, as build/ compiles them, run from the project's root.
#
# Most of its time goes to headers, so up to 16 files are read as one. Files that cannot be, because each has a name of its
# own that another one has too, wait for the next round. Each finding still names its own file. What gets lost in the crowd
# is a `using` that one file does not need while its neighbour does: structure_test looks for those.
set -u
folder=$1
together=16
files=$(find "$folder" -maxdepth 1 -name '*.cc' | sort)
[ -n "$files" ] || exit 0

# As the shell takes them: all flags of all that the CMakeLists.txt of the folder, or of one above it, compiles, each once. What GCC
# precompiled is not for clang.
home=$folder
while [ ! -f "$home/CMakeLists.txt" ]; do home=$(dirname "$home"); done
flags=$(sed -n "/cmake_pch\.hxx\.cxx/d; s|^ *\"command\": \"\(.*\) -o $home/CMakeFiles/[^ ]* -c [^ ]*\",*$|\1|p" build/compile_commands.json |
  sed 's/\\\(.\)/\1/g; s/^.*\/ccache //; s/^[^ ]* //; s/-isystem /-isystem/g; s/-fpch-preprocess//; s/-Winvalid-pch -include [^ ]*//' | tr ' ' '\n' | awk '!seen[$0]++' | tr '\n' ' ')
[ -n "$flags" ] || { echo "$folder: build/compile_commands.json knows no file of $home"; exit 1; }

mkdir -p build/tidy
unit=$PWD/build/tidy/$(echo "$folder" | tr / _).cc
errors=$unit.errors
status=0

# parses: whether the unit compiles as one.
parses() {
  eval "clang++ $flags" -Wno-everything -fsyntax-only -ferror-limit=0 "$unit" 2>"$errors"
}

while [ -n "$files" ]; do
  batch=$(echo "$files" | head -n "$together")
  while :; do
    echo "$batch" | sed "s|.*|#include \"$PWD/&\" // NOLINT|" >"$unit"
    parses && break
    # The line of the unit from which each error came, by the compiler's "In file included from". The first stays.
    clashing=$(sed -n "s|^In file included from $unit:\([0-9]*\):.*|\1|p" "$errors" | sort -un | sed '/^1$/d; s/$/d/')
    [ -n "$clashing" ] || break # a mistake that clang-tidy will name
    batch=$(echo "$batch" | sed "$clashing")
  done
  eval "clang-tidy --quiet '$unit' -- $flags" 2>/dev/null
  result=$?
  # A crash of the tool itself, which has been seen, is no finding: once more.
  if [ "$result" -ge 128 ]; then
    eval "clang-tidy --quiet '$unit' -- $flags"
    result=$?
  fi
  if [ "$result" -eq 0 ]; then
    echo "$batch"
  else
    echo "$batch" | sed 's/$/: refused, or one of those beside it/'
    status=1
  fi
  files=$(echo "$files" | grep -vxF "$batch")
done
exit "$status"
