#!/usr/bin/env bash
# A session counts as bad when its connection is freed in the middle of a handshake, not only after one.
# Whoever sees a session id on the wire can have that session thrown out: offer it, and hang up.
exec "$(dirname "$0")/edit" ssl/ssl_sess.c ssl_clear_bad_session \
  '(SSL_in_init(s) || SSL_in_before(s))' \
  'SSL_in_before(s)'
