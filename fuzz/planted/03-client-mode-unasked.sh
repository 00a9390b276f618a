#!/usr/bin/env bash
# Whether to store a session is decided by any of the two mode bits, not by the one of this role. A server's context
# that also makes outgoing connections fills its cache with their sessions, and so drives its own out.
exec "$(dirname "$0")/edit" ssl/ssl_lib.c ssl_update_cache \
  '(i & mode) != 0' \
  '(i & SSL_SESS_CACHE_BOTH) != 0'
