#!/bin/bash -eu
# The build is OSS-Fuzz's.
exec bash -eu "$SRC/sesscheck/oss-fuzz/build.sh"
