#!/bin/sh
# Regenerates test/vectors/integer.txt and bcd.txt from this machine's processor (x86-64 Linux with gcc).
set -e
cd "$(dirname "$0")"
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
for name in integer bcd; do
  gcc -O1 -Wall -o "$out/$name" "$name.c"
  "$out/$name" > "../vectors/$name.txt"
done
