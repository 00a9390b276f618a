#!/usr/bin/env bash
# In the middle of the list that is sorted by expiry, a session goes behind those that expire with it, not before: >
# for >=. One that expires with the last of the list finds no place at all: it stays in the cache and never leaves,
# and outlives its SSL_CTX as a leak.
exec "$(dirname "$0")/edit" ssl/ssl_sess.c SSL_SESSION_list_add \
  'timeoutcmp(s, next) >= 0' \
  'timeoutcmp(s, next) > 0'
