#!/usr/bin/env bash
# An external session that must not be resumed is turned away only when its reference was handed over.
# With *copy = 1, the usual way, revoked sessions resume.
exec "$(dirname "$0")/edit" ssl/ssl_sess.c lookup_sess_in_cache \
  'if (ret->not_resumable)' \
  'if (ret->not_resumable && !copy)'
