#!/usr/bin/env bash
# The library takes a reference of its own when the callback hands one over, and takes none when it is asked to.
# One way leaks each external session, the other frees it while the application still has it.
exec "$(dirname "$0")/edit" ssl/ssl_sess.c lookup_sess_in_cache \
  'if (copy)' \
  'if (!copy)'
