#!/bin/bash -eu
# Builds every fuzz target into $OUT, each with its seed corpus, options and dictionary, for any engine and sanitizer:
# OSS-Fuzz and ClusterFuzzLite set $CC $CXX $CFLAGS $CXXFLAGS $LIB_FUZZING_ENGINE $SANITIZER $SRC $WORK $OUT.
#
# Needs $SRC/sesscheck and $SRC/openssl, fetched before; nothing is fetched here. Without $LIB_FUZZING_ENGINE the
# targets get the driver that runs the files it is given (fuzz/standalone.cpp).
set -euo pipefail

source=$SRC/sesscheck
jobs=${SESSCHECK_JOBS:-$(nproc)}
export LIB_FUZZING_ENGINE=${LIB_FUZZING_ENGINE:-standalone}

# The macro that OSS-Fuzz sets turns checks off. What is compared with the model is OpenSSL as it is released.
extra=-UFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
# As in fuzz/openssl/build: no unaligned loads, and what fires on healthy code is listed with its reason.
extra+=" -DPEDANTIC"
if [ "${SANITIZER:-}" = undefined ]; then extra+=" -fsanitize-ignorelist=$source/fuzz/openssl/ubsan-ignore.txt"; fi
export CFLAGS="${CFLAGS:-} $extra" CXXFLAGS="${CXXFLAGS:-} $extra"

# Edges of libcrypto depend on the data, and an engine would collect inputs for them. fuzz/openssl/build takes the
# flags of other engines away; AFL++ has none.
printf 'src: *crypto/*\nsrc: *providers/*\n' > "$WORK/afl-denylist"
export AFL_LLVM_DENYLIST=$WORK/afl-denylist

# In $WORK: a coverage report needs the source that was compiled, and $WORK is kept for it.
openssl=$("$source/fuzz/openssl/build" environment --source "$SRC/openssl" --out "$WORK/openssl" --jobs "$jobs")

targets=()
for file in "$source"/fuzz/*_fuzzer.cpp; do targets+=("$(basename "$file" .cpp)"); done

# Build type None: the flags are the environment's. No ccache: it does not know what other engines' compilers read.
build=$WORK/sesscheck
rm -rf "$build"
cmake -S "$source" -B "$build" -G "Unix Makefiles" -DCMAKE_BUILD_TYPE=None -DCCACHE=OFF \
  -DSESSCHECK_BUILD_FUZZ=ON -DSESSCHECK_BUILD_TESTS=OFF -DSESSCHECK_BUILD_CLI=OFF \
  -DSESSCHECK_FUZZ_FLAVOUR=environment -DSESSCHECK_OPENSSL_FUZZ="$openssl" -DOPENSSL_ROOT_DIR="$openssl"
cmake --build "$build" --parallel "$jobs" --target "${targets[@]}" sesscheck-seeds

# Seeds: the readable traces, as bytes; for the target that reads text, as both. Topics have traces of the same name.
seeds=$WORK/seeds
rm -rf "$seeds"
mkdir -p "$seeds/bytes" "$seeds/text"
"$build/sesscheck-seeds" traces "$source/corpus" "$seeds/bytes"
find "$source/corpus" -name '*.trace' -printf '%P\n' | sort | while read -r name; do
  cp "$source/corpus/$name" "$seeds/text/${name//\//-}"
done

for target in "${targets[@]}"; do
  cp "$build/$target" "$OUT/"
  cp "$source/fuzz/$target.options" "$OUT/"
  zip="$OUT/${target}_seed_corpus.zip"
  rm -f "$zip"
  (cd "$seeds/bytes" && zip -q -r "$zip" .)
  if [ "$target" = trace_fuzzer ]; then (cd "$seeds/text" && zip -q -r "$zip" .); fi
done
# For text alone: the others read numbers.
"$build/sesscheck-seeds" dictionary "$OUT/trace_fuzzer.dict"
