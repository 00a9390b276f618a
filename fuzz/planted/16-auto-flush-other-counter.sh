#!/usr/bin/env bash
# The automatic flush of a server counts the connections that its context made as a client.
# A pure server never clears its cache of expired sessions; memory grows.
exec "$(dirname "$0")/edit" ssl/ssl_lib.c ssl_update_cache \
  'mode & SSL_SESS_CACHE_CLIENT' \
  'mode & SSL_SESS_CACHE_SERVER'
