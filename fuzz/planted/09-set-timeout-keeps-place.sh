#!/usr/bin/env bash
# A cached session with a new timeout keeps its place in the list that is sorted by expiry.
# Flushing stops too early or too late, and a full cache throws out the wrong session.
exec "$(dirname "$0")/edit" ssl/ssl_sess.c SSL_SESSION_set_timeout \
  'SSL_SESSION_list_add(s->owner, s);' \
  ';'
