#!/usr/bin/env bash
# A session has expired in the second of its deadline already: >= for >.
# Sessions end a second early; those with a timeout of 0 never resume.
exec "$(dirname "$0")/edit" ssl/ssl_sess.c sess_timedout \
  't > ss->calc_timeout' \
  't >= ss->calc_timeout'
