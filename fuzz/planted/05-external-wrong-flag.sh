#!/usr/bin/env bash
# Whether an external session enters the internal cache too is decided by the neighbour of the right flag. With
# NO_INTERNAL_STORE it is stored nevertheless, so that a session revoked in the external store goes on resuming here.
exec "$(dirname "$0")/edit" ssl/ssl_sess.c lookup_sess_in_cache \
  'SSL_SESS_CACHE_NO_INTERNAL_STORE' \
  'SSL_SESS_CACHE_NO_INTERNAL_LOOKUP'
