#!/bin/bash
# usage: build-worker.sh <mediasoup package dir> <overlay dir> <build dir> <output binary>
# Can be stopped at any time and run again: it goes on where it was. The output appears complete or not at all.
set -euo pipefail
PKG=$1 OVERLAY=$2 BUILD=$3 OUT=$4

if [ ! -f "$BUILD/prepared" ]; then
  rm -rf "$BUILD"
  mkdir -p "$BUILD"
  cp -r "$PKG/worker" "$BUILD/worker"
  rm -rf "$BUILD/worker/subprojects"
  cp -r "$OVERLAY/subprojects" "$BUILD/worker/subprojects"
  # Debian 12 has meson 1.0, which does all that this build asks for.
  sed -i "s/meson_version: '>= 1.1.0'/meson_version: '>= 1.0.0'/" "$BUILD/worker/meson.build"
  # Debian's OpenSSL is built with kTLS: SSL asks the write BIO BIO_CTRL_GET_KTLS_SEND, and mediasoup's BIO
  # callback answers 1 to every control call (it tests == BIO_CB_RETURN instead of the flag), so OpenSSL
  # allocates no write buffer and the first DTLS handshake crashes. Hand the true result through.
  sed -i 's/(operationType == BIO_CB_RETURN) ?/((operationType \& BIO_CB_RETURN) != 0) ?/' "$BUILD/worker/src/RTC/DtlsTransport.cpp"
  grep -q '((operationType & BIO_CB_RETURN) != 0) ?' "$BUILD/worker/src/RTC/DtlsTransport.cpp"
  touch "$BUILD/prepared"
fi

if [ ! -f "$BUILD/configured" ]; then
  rm -rf "$BUILD/out"
  (cd "$BUILD/worker" && meson setup --buildtype release -Db_ndebug=true --wrap-mode=nodownload "$BUILD/out" .)
  touch "$BUILD/configured"
fi

# libwebrtc's files include the generated headers but do not depend on them: whether they are there in time is a race.
ninja -C "$BUILD/out" fbs/FBS/notification.h
ninja -C "$BUILD/out" mediasoup-worker
strip -o "$OUT.partial" "$BUILD/out/mediasoup-worker"
mv "$OUT.partial" "$OUT"
