#!/usr/bin/env bash
# Of two sessions, the one whose deadline is beyond the end of time counts as the earlier: the ! stands at the wrong
# one. A session meant to live for ever is the first to leave a full cache, and stands in the way of the flushing of
# the others.
exec "$(dirname "$0")/edit" ssl/ssl_sess.c timeoutcmp \
  'a->timeout_ovf && !b->timeout_ovf' \
  '!a->timeout_ovf && b->timeout_ovf'
