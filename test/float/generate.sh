#!/bin/sh
# Rewrites test/vectors/float from this machine's processor (x86-64 with FMA and F16C).
set -e
cd "$(dirname "$0")"
oracle=$(mktemp)
trap 'rm -f "$oracle"' EXIT
gcc -O1 -o "$oracle" oracle.c
out=../vectors/float
mkdir -p "$out"
"$oracle" x87 1 3600 > "$out/x87.txt"
"$oracle" transcendental 2 800 > "$out/transcendental.txt"
"$oracle" sse 3 7000 > "$out/sse.txt"
