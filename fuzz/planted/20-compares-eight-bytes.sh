#!/usr/bin/env bash
# Session ids are compared as far as their length is long: sizeof.
# An application that makes ids with a common beginning, such as its own name, gives one user the session of another;
# of sessions without an id, leftovers are compared.
exec "$(dirname "$0")/edit" ssl/ssl_lib.c ssl_session_cmp \
  'a->session_id, b->session_id, a->session_id_length' \
  'a->session_id, b->session_id, sizeof(a->session_id_length)'
